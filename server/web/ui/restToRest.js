/** Where the signing is: from the moment hands rise into the signing space until they rest. Twin of `RestToRest` and
 * `raised` in `actors/scoring/segment.py`, held to them by `tests/vectors/rest_to_rest.json`. */

/** @typedef {import("./frame.js").Frame} Frame */

/** Shoulder widths below the shoulders at which a hand is at rest (the waist; the signing space ends there). */
export const REST_HEIGHT = 1.5;
export const REST_MS = 700;
/** Shorter signing is no attempt. */
export const SHORTEST_MS = 300;

const PALM = [0, 1, 5, 9, 13, 17];
const [LEFT_SHOULDER, RIGHT_SHOULDER] = [11, 12];

/**
 * Whether a hand is in the signing space.
 * @param {Frame} frame
 * @param {number} aspect width over height of the picture
 */
export function handRaised(frame, aspect) {
  return /** @type {const} */ (["left", "right"]).some((side) => {
    if (!frame.hasHand(side)) return false;
    const height = heightBelowShoulders(frame, side, aspect);
    return height === null || height < REST_HEIGHT;
  });
}

/**
 * How far the palm is below the shoulders, across them, in shoulder widths; null where the shoulders were not seen.
 * @param {Frame} frame
 * @param {import("./frame.js").Side} side
 * @param {number} aspect
 */
function heightBelowShoulders(frame, side, aspect) {
  const [left, right] = [frame.pose(LEFT_SHOULDER), frame.pose(RIGHT_SHOULDER)];
  if (!left || !right) return null;
  const across = [(left[0] - right[0]) * aspect, left[1] - right[1]];
  const [acrossX = 0, acrossY = 0] = across;
  const width = Math.max(Math.hypot(acrossX, acrossY), 1e-6);
  const palm = PALM.map((joint) => frame.hand(side, joint) ?? [NaN, NaN]);
  const mean = (/** @type {0 | 1} */ axis) => palm.reduce((sum, point) => sum + (point[axis] ?? NaN), 0) / palm.length;
  const x = (mean(0) - (left[0] + right[0]) / 2) * aspect;
  const y = mean(1) - (left[1] + right[1]) / 2;
  // A signer who turns the back has the shoulders the other way round: level then, as the server has it.
  if (acrossX <= 0) return y / width;
  return (y * acrossX - x * acrossY) / (width * width);
}

/** Moments go in with their times, finished attempts come out. */
export class RestToRest {
  /** @type {number | null} */
  #beganMs = null;
  #lastRaisedMs = 0;

  /** When the attempt under way began; null at rest. */
  get beganMs() {
    return this.#beganMs;
  }

  /** Whether what is under way is long enough for an attempt. */
  get lasting() {
    return this.#beganMs !== null && this.#lastRaisedMs - this.#beganMs >= SHORTEST_MS;
  }

  /**
   * Takes the next moment.
   * @param {number} timeMs
   * @param {boolean} raised
   * @returns {{startMs: number, endMs: number} | null} the attempt that this moment shows to be over
   */
  push(timeMs, raised) {
    if (raised) {
      this.#beganMs ??= timeMs;
      this.#lastRaisedMs = timeMs;
      return null;
    }
    if (this.#beganMs === null || timeMs - this.#lastRaisedMs < REST_MS) return null;
    const span = this.lasting ? { startMs: this.#beganMs, endMs: this.#lastRaisedMs } : null;
    this.#beganMs = null;
    return span;
  }
}
