// Plays a scenario of a session on the JavaScript client machine; twin of `tests/support/client_scenarios.py`.

import { HeldAttempt } from "../../server/web/client/attemptLog.js";
import { ClientStream } from "../../server/web/client/clientStream.js";
import { COORDINATES, ERRORS, LAYOUTS } from "../../server/web/client/constants.js";
import { IllegalCall, ProtocolError } from "../../server/web/client/errors.js";
import { encode } from "../../server/web/node_modules/@msgpack/msgpack/dist.esm/index.mjs";

/** The outcome of each step. */
export function play(scenario) {
  const { hello } = scenario;
  let stream = new ClientStream(hello, [], scenario.next_attempt ?? null);
  return scenario.steps.map((step) => {
    if (step.do === "restart") stream = restarted(hello, stream);
    return outcome(stream, hello.layout, step);
  });
}

/** Frames that repeat the few values of a step, another one first in each frame. */
export function landmarksOf(step, layoutName, firstSeq) {
  const numbers = LAYOUTS[layoutName].points * COORDINATES;
  const values = step.values.map((value) => value ?? NaN);
  return Float32Array.from({ length: step.times_ms.length * numbers }, (_, index) => {
    const frame = Math.floor(index / numbers);
    return values[(frame + firstSeq + (index % numbers)) % values.length];
  });
}

function restarted(hello, stream) {
  const kept = stream.attempts.map(
    ({ number, sentenceIndex, atMs, timesMs, frames, outcome, offered }) =>
      new HeldAttempt(number, sentenceIndex, atMs, {
        timesMs: [...timesMs],
        frames,
        outcome,
        offered,
      }),
  );
  return new ClientStream(hello, kept, stream.nextAttempt);
}

function outcome(stream, layoutName, step) {
  let sent = [];
  let refused = null;
  try {
    sent = act(stream, layoutName, step) ?? [];
  } catch (error) {
    if (error instanceof IllegalCall) refused = "illegal";
    else if (error instanceof ProtocolError) refused = ERRORS[error.code].name;
    else throw error;
  }
  return {
    sent: sent.map((data) => Buffer.from(data).toString("hex")),
    refused,
    ...knowledge(stream),
  };
}

function act(stream, layoutName, step) {
  switch (step.do) {
    case "send":
      return stream.dataToSend();
    case "disconnected":
      return void stream.disconnected(step.code ?? null);
    case "begin":
      return void stream.beginAttempt(step.sentence, step.at_ms);
    case "frames": {
      const held = stream.attempts.find((attempt) => attempt.number === stream.recording);
      return void stream.addFrames(landmarksOf(step, layoutName, held?.timesMs.length ?? 0), step.times_ms);
    }
    case "end":
      return void stream.endAttempt();
    case "cancel":
      return void stream.cancelAttempt();
    case "ping":
      return void stream.ping(step.n);
    case "receive":
      return void stream.receive(encode(step.message));
    case "receive_bytes":
      return void stream.receive(Buffer.from(step.hex, "hex"));
    case "restart":
      return undefined;
    default: // connected, pause, resume, complete
      return void stream[step.do]();
  }
}

function knowledge(stream) {
  return {
    welcomed: stream.welcomed,
    stopped: stream.stopped,
    ticket: stream.ticket,
    status: stream.status,
    stored: stream.stored,
    cursor: stream.cursor === null ? null : [stream.cursor.a, stream.cursor.q],
    recording: stream.recording,
    next_attempt: stream.nextAttempt,
    unsaved: stream.unsaved,
    results: [...stream.results.keys()].sort((one, other) => one - other),
    dropped: [...stream.dropped].sort(([one], [other]) => one - other),
    held: stream.attempts.map(({ number, outcome, offered, timesMs, frames }) => [
      number,
      outcome,
      offered,
      timesMs.length,
      frames.length,
    ]),
    delay_ms: [0, 1, 9].map((failures) => stream.reconnectDelayMs(0.3, failures)),
  };
}
