// Sends in the background what sessions of former visits still hold, one session after the other.

import { isTaken } from "./ownership.js";
import { PracticeSession } from "./session.js";
import { hasEnded } from "./sessionWish.js";

/**
 * @param {{rest: import("./rest.js").Rest, except?: string | null, onUnsaved?: (count: number) => void}} options
 *   `except` is the session that this page practises in; `onUnsaved` hears how many attempts the others still hold
 * @returns {{done: Promise<void>, close: () => void}}
 */
export function deliverHeld({ rest, except = null, onUnsaved = () => {} }) {
  const over = new AbortController();
  return { done: deliverAll(rest, except, onUnsaved, over.signal), close: () => over.abort() };
}

/**
 * @param {import("./rest.js").Rest} rest @param {string | null} except @param {(count: number) => void} onUnsaved
 * @param {AbortSignal} signal
 */
async function deliverAll(rest, except, onUnsaved, signal) {
  const sessions = (await PracticeSession.held()).filter(
    ({ sessionId, unsaved, completing }) => sessionId !== except && (unsaved > 0 || completing),
  );
  const counts = new Map(sessions.map(({ sessionId, unsaved }) => [sessionId, unsaved]));
  const tell = () => onUnsaved([...counts.values()].reduce((sum, count) => sum + count, 0));
  tell();
  for (const { sessionId } of sessions) {
    if (signal.aborted || (await isTaken(sessionId))) continue;
    const session = await PracticeSession.reopen({ rest, sessionId });
    session.on("unsaved", ({ attempts }) => {
      counts.set(sessionId, attempts.length);
      tell();
    });
    await delivered(session, signal);
    await session.close();
  }
}

/** @param {PracticeSession} session @param {AbortSignal} signal */
function delivered(session, signal) {
  return new Promise((/** @type {(over: void) => void} */ over) => {
    const look = () => {
      if (session.unsaved.length === 0 && (hasEnded(session.status) || !session.completing)) over();
    };
    session.on("unsaved", look);
    session.on("status", look);
    session.on("welcome", look);
    session.on("state", ({ state }) => (state === "stopped" || state === "superseded") && over());
    signal.addEventListener("abort", () => over());
    session.start();
  });
}
