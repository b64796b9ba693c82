// When to connect again.

import { DEFAULT_RECONNECT, MAX_RECONNECT_DELAY_MS } from "./constants.js";

/**
 * The server's hint, growing with each attempt that failed. The random part never shrinks, so that a class which drops
 * together does not come back together.
 * @param {import("./constants.js").Reconnect} hint
 * @param {number} random01 a random number in [0, 1)
 * @param {number} failures since the last welcome
 */
export function reconnectDelayMs(hint, random01, failures) {
  if (failures === 0) return Math.round(hint.after_ms + random01 * hint.spread_ms);
  const after = Math.max(hint.after_ms, DEFAULT_RECONNECT.after_ms);
  const grown = Math.min(after * 2 ** Math.min(failures, 16), Math.max(after, MAX_RECONNECT_DELAY_MS));
  return Math.round(grown + random01 * Math.max(hint.spread_ms, grown));
}
