/** One moment of landmarks, and where in it the parts of the signer are. */

import { LAYOUTS } from "../client/constants.js";

/** @typedef {"left" | "right"} Side */

/**
 * One frame of landmarks with the places of its parts.
 */
export class Frame {
  #starts;

  /**
   * @param {Float32Array} points x, y, z of each point; NaN for what was not seen
   * @param {import("../client/constants.js").LayoutName} layout
   */
  constructor(points, layout) {
    this.points = points;
    this.#starts = startsOf(layout);
  }

  /**
   * @param {number} joint of the 33 of the pose
   * @returns {[number, number] | null}
   */
  pose(joint) {
    return this.#at(this.#starts.pose, joint);
  }

  /**
   * @param {Side} side the signer's own
   * @param {number} joint of the 21 of the hand
   * @returns {[number, number] | null}
   */
  hand(side, joint) {
    return this.#at(this.#starts[side], joint);
  }

  /**
   * How far from the camera these joints are on average, in the landmarks' own measure.
   * @param {Side} side
   * @param {readonly number[]} joints
   */
  depth(side, joints) {
    const start = this.#starts[side] ?? 0;
    const sum = joints.reduce((total, joint) => total + (this.points[(start + joint) * 3 + 2] || 0), 0);
    return sum / joints.length;
  }

  /** @param {Side} side */
  hasHand(side) {
    return this.hand(side, 0) !== null;
  }

  /**
   * @param {number | undefined} start
   * @param {number} joint
   * @returns {[number, number] | null}
   */
  #at(start, joint) {
    if (start === undefined) return null;
    const x = this.points[(start + joint) * 3];
    const y = this.points[(start + joint) * 3 + 1];
    return x === undefined || y === undefined || Number.isNaN(x) || Number.isNaN(y) ? null : [x, y];
  }
}

/**
 * @param {import("../client/constants.js").LayoutName} layout
 * @returns {{pose?: number, left?: number, right?: number}}
 */
function startsOf(layout) {
  const starts = new Map((LAYOUTS[layout]?.blocks ?? []).map(({ name, start }) => [name, start]));
  return { pose: starts.get("pose"), left: starts.get("left_hand"), right: starts.get("right_hand") };
}
