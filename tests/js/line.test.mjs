// The way to the server: when it comes back, when it does not, and what it says meanwhile.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { CloseCode } from "../../server/web/client/constants.js";
import { Line } from "../../server/web/client/line.js";
import { Problem } from "../../server/web/client/rest.js";

/** Sockets that were opened, newest last; the test plays the server. */
let sockets = [];

class Socket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  readyState = Socket.CONNECTING;
  sent = [];
  closed = false;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    sockets.push(this);
  }

  send(message) {
    this.sent.push(message);
  }

  close() {
    if (this.readyState < Socket.CLOSING) this.readyState = Socket.CLOSING;
    this.closed = true;
  }

  opens() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }

  breaks(code = 1006) {
    this.readyState = Socket.CLOSED;
    this.onclose({ code });
  }
}

let browser;

beforeEach(() => {
  sockets = [];
  browser = new EventTarget();
  browser.visibilityState = "visible";
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  Object.assign(globalThis, {
    WebSocket: Socket,
    document: browser,
    addEventListener: browser.addEventListener.bind(browser),
  });
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
});

afterEach(() => mock.timers.reset());

/** A line whose user gives a ticket, or throws what stands in `refusals` first. */
function started(refusals = [], readyInMs = 0) {
  const heard = { states: [], codes: [], asked: 0, failures: [] };
  const line = new Line("ws://here/v1/stream", {
    ticket: async () => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      return { ticket: "t", readyInMs };
    },
    delayMs: (failures) => {
      heard.failures.push(failures);
      return 100 * (failures + 1);
    },
    onOpen: () => {},
    onData: () => {},
    onClose: (code) => heard.codes.push(code),
    onState: (state) => heard.states.push(state),
    onAsk: () => (heard.asked += 1),
  });
  line.start();
  return { line, heard };
}

/** Lets what has been promised happen. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

const passes = async (ms) => {
  mock.timers.tick(ms);
  await settle();
};

const last = (list) => list.at(-1);

test("a line that breaks comes back, later after each failure, and at once after a welcome", async () => {
  const { line, heard } = started();
  await settle();
  sockets[0].breaks();
  assert.deepEqual([last(heard.states).state, last(heard.states).reason], ["waiting", "lost"]);
  await passes(100);
  sockets[1].breaks();
  await passes(199);
  assert.equal(sockets.length, 2);
  await passes(1);
  assert.equal(sockets.length, 3);
  sockets[2].opens();
  line.settled();
  sockets[2].breaks();
  assert.deepEqual(heard.failures, [0, 1, 0]);
});

for (const [code, state, reason] of [
  [CloseCode.SUPERSEDED, "superseded", null],
  [CloseCode.SESSION_ENDED, "stopped", "session_ended"],
  [CloseCode.VERSION_UNSUPPORTED, "stopped", "version"],
  [CloseCode.FORBIDDEN, "stopped", "forbidden"],
]) {
  test(`close code ${code} ends it: ${state}, ${reason}`, async () => {
    const { heard } = started();
    await settle();
    sockets[0].breaks(code);
    assert.deepEqual([last(heard.states).state, last(heard.states).reason], [state, reason]);
    await passes(60_000);
    assert.equal(sockets.length, 1);
  });
}

test("a refusal that is final stops it, without a socket", async () => {
  const { heard } = started([new Problem({ status: 409, code: "session_status" })]);
  await settle();
  assert.deepEqual([last(heard.states).state, last(heard.states).reason], ["stopped", "session_ended"]);
  assert.equal(sockets.length, 0);
});

test("who waits in line asks again exactly when told, however often", async () => {
  const full = (place) => new Problem({ status: 503, code: "no_capacity", place, wait_s: 30 }, 4_000);
  const { heard } = started([full(2), full(1)]);
  await settle();
  assert.deepEqual(last(heard.states).inLine, { place: 2, waitS: 30 });
  assert.equal(last(heard.states).retryAtMs, Date.now() + 4_000);
  await passes(4_000);
  assert.deepEqual(last(heard.states).inLine, { place: 1, waitS: 30 });
  await passes(4_000);
  assert.equal(sockets.length, 1);
  assert.deepEqual(heard.failures, [], "nothing has failed");
});

test("a server that cannot be reached is asked again", async () => {
  const { heard } = started([new Problem({})]);
  await settle();
  assert.deepEqual([last(heard.states).state, last(heard.states).reason], ["waiting", "unreachable"]);
  await passes(100);
  assert.equal(sockets.length, 1);
});

test("a connection may take as long to open as the session's process takes to start, and no longer", async () => {
  const { heard } = started([], 20_000);
  await settle();
  await passes(34_999);
  assert.equal(sockets[0].closed, false);
  await passes(1);
  assert.equal(sockets[0].closed, true);
  assert.equal(last(heard.states).reason, "unreachable");
});

test("a silent connection is asked, and given up when it does not answer", async () => {
  const { heard } = started();
  await settle();
  sockets[0].opens();
  await passes(9_999);
  assert.equal(heard.asked, 0);
  await passes(1);
  assert.equal(heard.asked, 1);
  sockets[0].onmessage({ data: "pong" });
  await passes(10_000);
  assert.equal(heard.asked, 2);
  await passes(8_000);
  assert.equal(sockets[0].closed, true);
  assert.deepEqual([last(heard.states).state, last(heard.states).reason], ["waiting", "lost"]);
});

test("a page that is looked at again does not wait, and asks a connection that may be dead", async () => {
  const { heard } = started();
  await settle();
  sockets[0].breaks();
  await passes(100);
  sockets[1].breaks();
  browser.dispatchEvent(new Event("visibilitychange"));
  await passes(100);
  assert.equal(sockets.length, 3);
  sockets[2].opens();
  browser.dispatchEvent(new Event("online"));
  assert.equal(heard.asked, 1);
});

test("when the browser says that there is no network, an answer is soon expected", async () => {
  const { heard } = started();
  await settle();
  sockets[0].opens();
  navigator.onLine = false;
  browser.dispatchEvent(new Event("offline"));
  assert.equal(heard.asked, 1);
  await passes(2_000);
  assert.equal(last(heard.states).state, "offline");
});

test("a line that was stopped stays so: no retry, and nothing that comes late is heard", async () => {
  const { line, heard } = started();
  await settle();
  sockets[0].breaks();
  line.stop();
  await passes(60_000);
  browser.dispatchEvent(new Event("online"));
  await passes(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(last(heard.states).state, "stopped");
});

test("a socket that is not open yet is closed when it opens, and needs no new beginning", async () => {
  const { line, heard } = started();
  await settle();
  line.reconnect();
  assert.deepEqual(heard.codes, []);
  line.stop();
  assert.equal(sockets[0].closed, false);
  sockets[0].opens();
  assert.equal(sockets[0].closed, true);
  assert.equal(last(heard.states).state, "stopped");
});

test("two wishes to come back at one time open one socket", async () => {
  started();
  await settle();
  sockets[0].breaks();
  browser.dispatchEvent(new Event("online"));
  browser.dispatchEvent(new Event("pageshow"));
  await passes(1_000);
  assert.equal(sockets.length, 2);
});
