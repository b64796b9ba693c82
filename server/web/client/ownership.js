// One page at a time practises in a session: the newest. The older one hears of it at once, also without a network.

/** @param {string} sessionId */
const lockName = (sessionId) => `storysign-session-${sessionId}`;

/**
 * Takes a session for this page.
 * @param {string} sessionId
 * @param {() => void} onLost called when another page takes it
 * @returns {Promise<() => void>} releases it
 */
export async function takeSession(sessionId, onLost) {
  if (navigator.locks === undefined) return () => {};
  let release = () => {};
  await new Promise((/** @type {(taken: void) => void} */ taken) => {
    const held = navigator.locks.request(lockName(sessionId), { steal: true }, () => {
      taken();
      return new Promise((/** @type {(over: void) => void} */ over) => {
        release = over;
      });
    });
    held.catch(onLost);
  });
  return release;
}

/** Whether a page, this one included, practises in the session now. @param {string} sessionId */
export async function isTaken(sessionId) {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === lockName(sessionId));
}
