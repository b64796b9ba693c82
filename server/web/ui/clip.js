/** A recording of landmarks, out of the server or out of the camera. */

import { unpackLandmarks } from "../client/codec.js";
import { LAYOUTS } from "../client/constants.js";
import { Frame } from "./frame.js";

/** @typedef {import("../client/constants.js").LayoutName} LayoutName */
/** @typedef {import("./frame.js").Side} Side */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box in parts of the picture */

/** Frames with their times; `aspect` is the picture's width over its height. */
export class Clip {
  /**
   * @param {Frame[]} frames
   * @param {number[]} timesMs from 0, ascending
   * @param {number} aspect
   */
  constructor(frames, timesMs, aspect) {
    this.frames = frames;
    this.timesMs = timesMs;
    this.aspect = aspect;
  }

  /** How long it lasts; the last frame is shown as long as the others. */
  get durationMs() {
    const last = this.timesMs.at(-1) ?? 0;
    return last + (this.timesMs.length > 1 ? last / (this.timesMs.length - 1) : 0);
  }

  /**
   * The newest frame at a moment, the first before it has begun.
   * @param {number} atMs
   * @returns {Frame | null}
   */
  at(atMs) {
    let [low, high] = [0, this.timesMs.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.timesMs[middle] ?? 0) <= atMs) low = middle;
      else high = middle - 1;
    }
    return this.frames[low] ?? null;
  }

  /**
   * The part of the picture in which the signing happens: shoulders to waist and all that the hands reach.
   * @returns {Box}
   */
  get signingSpace() {
    const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (const frame of this.frames) {
      const [left, right] = [frame.pose(11), frame.pose(12)];
      if (left && right) {
        const width = Math.abs(left[0] - right[0]);
        const [x, y] = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
        include(box, x - width * 1.05, y - width * this.aspect * 1.15);
        include(box, x + width * 1.05, y + width * this.aspect * 0.95);
      }
      includeHands(box, frame);
    }
    return Number.isFinite(box.left) ? padded(box, 0.03) : { left: 0, top: 0, right: 1, bottom: 1 };
  }

  /**
   * The hand that is seen most, null where none is.
   * @returns {Side | null}
   */
  get mainHand() {
    const count = (/** @type {Side} */ side) => this.frames.filter((frame) => frame.hasHand(side)).length;
    const [left, right] = [count("left"), count("right")];
    if (left + right === 0) return null;
    return left > right ? "left" : "right";
  }
}

/**
 * A clip out of what REST answers (LandmarksBody).
 * @param {{layout: string, width: number, height: number, times_ms: number[], points: string}} body
 * @returns {Clip}
 */
export function clipOfBody({ layout, width, height, times_ms: timesMs, points }) {
  const name = /** @type {LayoutName} */ (layout);
  const all = unpackLandmarks(
    Uint8Array.from(atob(points), (letter) => letter.charCodeAt(0)),
    LAYOUTS[name],
  );
  const size = LAYOUTS[name].points * 3;
  const frames = timesMs.map((_, index) => new Frame(all.subarray(index * size, (index + 1) * size), name));
  return new Clip(frames, timesMs, width / height);
}

/**
 * @param {Box} box
 * @param {Frame} frame
 */
function includeHands(box, frame) {
  for (const side of /** @type {const} */ (["left", "right"])) {
    for (let joint = 0; joint < 21; joint++) {
      const point = frame.hand(side, joint);
      if (point) include(box, point[0], point[1]);
    }
  }
}

/**
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 */
function include(box, x, y) {
  box.left = Math.min(box.left, x);
  box.right = Math.max(box.right, x);
  box.top = Math.min(box.top, y);
  box.bottom = Math.max(box.bottom, y);
}

/**
 * @param {Box} box
 * @param {number} share
 * @returns {Box}
 */
function padded(box, share) {
  const [x, y] = [(box.right - box.left) * share, (box.bottom - box.top) * share];
  return { left: box.left - x, top: box.top - y, right: box.right + x, bottom: box.bottom + y };
}
