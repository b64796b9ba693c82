// What the page is told of each message of the server.

/** @typedef {import("./constants.js").AttemptResult} AttemptResult */
/** @typedef {import("./constants.js").ServerMessage} ServerMessage */
/** @typedef {import("./events.js").TypedEvents<import("./sessionEvents.js").SessionEvents>} Listeners */

/**
 * @param {ServerMessage} message
 * @param {Listeners} listeners
 * @param {{sinceAddedMs: (frame: {a: number, q: number}) => number | null, nowMs: number}} clock a ping's number is when
 *   it was sent
 */
export function retell(message, listeners, { sinceAddedMs, nowMs }) {
  switch (message.t) {
    case "welcome":
      listeners.emit("welcome", message);
      for (const result of message.results) tellResult(result, listeners);
      if (message.lost.length > 0) listeners.emit("lost", { attempts: message.lost, reason: "server" });
      break;
    case "status":
      listeners.emit("status", { status: message.status, overall_score: message.overall_score });
      break;
    case "feedback":
      listeners.emit("feedback", { ...message, latencyMs: sinceAddedMs(message) });
      break;
    case "scored":
      tellResult(message.result, listeners);
      break;
    case "stored":
      listeners.emit("stored", { through: message.through });
      break;
    case "progress":
      listeners.emit("progress", { skills: message.skills });
      break;
    case "error":
      listeners.emit("trouble", { code: message.code, name: message.name, text: message.text, attempt: message.a });
      break;
    case "pong":
      listeners.emit("pulse", { roundTripMs: nowMs - message.n });
      break;
  }
}

/** @param {AttemptResult} result @param {Listeners} listeners */
function tellResult(result, listeners) {
  listeners.emit("scored", result);
  listeners.emit("attempt", { attempt: result.attempt_no, state: "judged" });
}
