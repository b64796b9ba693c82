// The way to the server: keeps a WebSocket open for one session, and comes back by itself. What is said over it is
// `ClientStream`'s affair; this only opens, watches and closes.

import { CloseCode, SUBPROTOCOL, TICKET_PREFIX } from "./constants.js";
import { Problem } from "./rest.js";

/**
 * @typedef {object} LineState
 * @property {"connecting" | "open" | "waiting" | "offline" | "superseded" | "stopped"} state
 * @property {string | null} reason
 * @property {number | null} retryAtMs Unix time
 * @property {import("./rest.js").InLine | null} inLine where all places are taken
 */

/**
 * @typedef {object} LineUser
 * @property {() => Promise<import("./tickets.js").Ticket>} ticket may throw Problem
 * @property {(failures: number) => number} delayMs how long to wait after so many failures
 * @property {() => void} onOpen
 * @property {(data: ArrayBuffer | string) => void} onData
 * @property {(code: number) => void} onClose
 * @property {(state: LineState) => void} onState
 * @property {() => void} onAsk the line is quiet: say something that is answered
 */

const OPEN_WITHIN_MS = 15_000;
const ASK_AFTER_MS = 10_000;
const ANSWER_WITHIN_MS = 8_000;

/** A browser without a network may still reach a server on its own machine, so what it says is a reason to ask. */
const ANSWER_OFFLINE_WITHIN_MS = 2_000;
const GONE_AWAY = 1001;

/** Refusals of REST after which coming back would not help. @type {Readonly<Record<number, string>>} */
const FINAL = { 401: "forbidden", 403: "forbidden", 404: "not_found", 409: "session_ended" };

/** What close codes are called in `reason`. @type {Readonly<Record<number, string>>} */
const REASONS = {
  [CloseCode.RESTARTING]: "restarting",
  [CloseCode.BUSY]: "busy",
  [CloseCode.IDLE]: "idle",
  [CloseCode.SERVER_FAULT]: "fault",
  [CloseCode.SESSION_ENDED]: "session_ended",
  [CloseCode.VERSION_UNSUPPORTED]: "version",
  [CloseCode.FORBIDDEN]: "forbidden",
  [CloseCode.SESSION_NOT_FOUND]: "not_found",
};

export class Line {
  #url;
  #user;
  /** @type {WebSocket | null} */
  #socket = null;
  #failures = 0;
  #running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watch;
  #listening = new AbortController();

  /** @param {string} url @param {LineUser} user */
  constructor(url, user) {
    this.#url = url;
    this.#user = user;
  }

  start() {
    this.#running = true;
    const { signal } = this.#listening;
    addEventListener("online", () => this.#hurry(), { signal });
    addEventListener("offline", () => this.#ask(ANSWER_OFFLINE_WITHIN_MS), { signal });
    addEventListener("pageshow", () => this.#hurry(), { signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry(), {
      signal,
    });
    void this.#connect();
  }

  /** Ends it for good. @param {Partial<LineState>} [last] */
  stop(last) {
    if (!this.#running) return;
    this.#running = false;
    this.#listening.abort();
    clearTimeout(this.#retry);
    this.#letGo(GONE_AWAY);
    this.#tell({ state: "stopped", ...last });
  }

  /** The server has said welcome: the next failure is the first. */
  settled() {
    this.#failures = 0;
    this.#tell({ state: "open" });
  }

  /** @param {readonly Uint8Array<ArrayBuffer>[]} messages */
  send(messages) {
    for (const message of messages) this.#socket?.send(message);
  }

  /**
   * Closes the connection and comes back, because what came over it makes no sense or it has to begin anew. One that is
   * not open yet has nothing to begin anew.
   */
  reconnect() {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) this.#onLost(socket, GONE_AWAY, "lost");
  }

  async #connect() {
    this.#tell({ state: navigator.onLine ? "connecting" : "offline" });
    let found;
    try {
      found = await this.#user.ticket();
    } catch (error) {
      return this.#onRefusal(error);
    }
    if (!this.#running || this.#socket !== null) return;
    const socket = new WebSocket(this.#url, [SUBPROTOCOL, TICKET_PREFIX + found.ticket]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#watchFor(OPEN_WITHIN_MS + found.readyInMs, () => {
      socket.close();
      this.#onLost(socket, GONE_AWAY, "unreachable");
    });
    socket.onopen = () => {
      this.#heard();
      this.#user.onOpen();
    };
    socket.onmessage = ({ data }) => {
      this.#heard();
      this.#user.onData(data);
    };
    socket.onclose = ({ code }) => this.#onLost(socket, code, REASONS[code] ?? "lost");
  }

  /** @param {unknown} error */
  #onRefusal(error) {
    if (!this.#running) return;
    if (!(error instanceof Problem)) throw error;
    const reason = FINAL[error.status];
    if (reason !== undefined) this.stop({ reason });
    else if (error.inLine === null) this.#fail(error.status === 0 ? "unreachable" : "busy", error.retryAfterMs ?? 0);
    // Who asks later than told loses the place in line.
    else this.#wait(error.retryAfterMs ?? 0, { reason: "busy", inLine: error.inLine });
  }

  /** @param {WebSocket} socket @param {number} code @param {string} reason */
  #onLost(socket, code, reason) {
    if (socket !== this.#socket) return;
    this.#letGo(code);
    if (code === CloseCode.SUPERSEDED) this.stop({ state: "superseded" });
    else if (code >= 4500 && code < 5000) this.stop({ reason });
    else if (this.#running) this.#fail(reason, 0);
  }

  /** @param {number} code */
  #letGo(code) {
    clearTimeout(this.#watch);
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // To close what is not open yet is an error to a browser's console, although nothing is wrong.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
    this.#user.onClose(code);
  }

  /** @param {string} reason @param {number} atLeastMs */
  #fail(reason, atLeastMs) {
    const delayMs = Math.max(atLeastMs, this.#user.delayMs(this.#failures));
    this.#failures += 1;
    this.#wait(delayMs, { reason });
  }

  /** @param {number} delayMs @param {Partial<LineState>} why */
  #wait(delayMs, why) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), delayMs);
    this.#tell({ state: navigator.onLine ? "waiting" : "offline", retryAtMs: Date.now() + delayMs, ...why });
  }

  /** The page is looked at again, or the network is back: no need to wait, but the connection may be a dead one. */
  #hurry() {
    if (this.#socket !== null) return this.#ask();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), this.#user.delayMs(0));
  }

  #heard() {
    this.#watchFor(ASK_AFTER_MS, () => this.#ask());
  }

  /** @param {number} answerWithinMs */
  #ask(answerWithinMs = ANSWER_WITHIN_MS) {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return;
    this.#watchFor(answerWithinMs, () => this.#onLost(socket, GONE_AWAY, "lost"));
    this.#user.onAsk();
  }

  /** @param {number} ms @param {() => void} then */
  #watchFor(ms, then) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(then, ms);
  }

  /** @param {Partial<LineState>} state */
  #tell(state) {
    this.#user.onState({ state: "connecting", reason: null, retryAtMs: null, inLine: null, ...state });
  }
}
