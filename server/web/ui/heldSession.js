/** Sessions that this browser keeps. */

/**
 * Whether the learner can go on with it.
 * @param {import("../client/session.js").HeldSession} session
 */
export function goesOn({ status, completing }) {
  return !completing && status !== "completed" && status !== "abandoned";
}
