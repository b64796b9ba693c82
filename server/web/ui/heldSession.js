/** Sessions that this browser keeps. */

import { hasEnded } from "../client/sessionWish.js";

/**
 * Whether the learner can go on with it.
 * @param {import("../client/session.js").HeldSession} session
 */
export function goesOn({ status, completing }) {
  return !completing && !hasEnded(status);
}
