/** What to set off in the replay: exactly the joints that the findings of a moment name. */

/** @typedef {import("../client/constants.js").Finding} Finding */
/** @typedef {import("./figure.js").Emphasis} Emphasis */

/**
 * The joints that were off at a moment.
 * @param {readonly Pick<Finding, "kind" | "hand" | "joints" | "start_ms" | "end_ms">[]} findings
 * @param {number} atMs
 * @returns {Emphasis[]}
 */
export function emphasesAt(findings, atMs) {
  return findings
    .filter(({ kind, start_ms, end_ms }) => kind === "correction" && start_ms <= atMs && atMs <= end_ms)
    .flatMap(({ hand, joints }) => sidesOf(hand).map((side) => ({ hand: side, joints })))
    .filter(({ joints }) => joints.length > 0);
}

/** @param {Finding["hand"]} hand @returns {import("./frame.js").Side[]} */
function sidesOf(hand) {
  if (hand === "both") return ["left", "right"];
  return hand === null ? [] : [hand];
}
