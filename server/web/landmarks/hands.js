// Which of the signer's hands is which. Twin of `server/clips/hands.py`.

/**
 * A hand as the detector gives it: 21 × 3 numbers each, and how likely it is a right hand.
 * @typedef {object} DetectedHand
 * @property {Float32Array} points
 * @property {Float32Array} world
 * @property {number} rightProbability
 */

/** @typedef {"left" | "right"} Side */

const POSE_WRIST = { left: 15, right: 16 };
const POSE_SHOULDERS = /** @type {const} */ ([11, 12]);

/**
 * What a wrong label costs, in shoulder widths between the hand and the body's wrist. Labels flip from frame to frame
 * when a hand turns; the body's wrists do not. So the label decides only where both wrists are about as near.
 */
const LABEL_WEIGHT = 0.5;

/**
 * Gives each of at most two hands to one of the signer's sides.
 * @param {readonly DetectedHand[]} hands
 * @param {Float32Array | null} pose the body's 33 × 3 numbers in the same picture
 * @param {number} aspectRatio the picture's width by its height
 * @returns {Partial<Record<Side, DetectedHand>>}
 */
export function assignHands(hands, pose, aspectRatio) {
  const [first, second] = hands;
  if (first === undefined) return {};
  /** @param {DetectedHand} hand @param {Side} side */
  const cost = (hand, side) =>
    LABEL_WEIGHT * (side === "right" ? 1 - hand.rightProbability : hand.rightProbability) +
    (pose === null ? 0 : distanceFromBodyWrist(hand, side, pose, aspectRatio));
  if (second === undefined) return cost(first, "left") <= cost(first, "right") ? { left: first } : { right: first };
  const straight = cost(first, "left") + cost(second, "right");
  const crossed = cost(first, "right") + cost(second, "left");
  return straight <= crossed ? { left: first, right: second } : { left: second, right: first };
}

/**
 * In shoulder widths.
 * @param {DetectedHand} hand @param {Side} side @param {Float32Array} pose @param {number} aspectRatio
 */
function distanceFromBodyWrist(hand, side, pose, aspectRatio) {
  /** @param {Float32Array} points @param {number} index @returns {[number, number]} */
  const at = (points, index) => [Number(points[3 * index]) * aspectRatio, Number(points[3 * index + 1])];
  const [left, right] = [at(pose, POSE_SHOULDERS[0]), at(pose, POSE_SHOULDERS[1])];
  const [wrist, bodyWrist] = [at(hand.points, 0), at(pose, POSE_WRIST[side])];
  const between = Math.hypot(wrist[0] - bodyWrist[0], wrist[1] - bodyWrist[1]);
  return between / Math.max(Math.hypot(left[0] - right[0], left[1] - right[1]), 1e-3);
}
