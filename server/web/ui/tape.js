/** What the camera saw in one try: kept for the replay, and to tell when the hands come down. */

import { Clip } from "./clip.js";
import { Frame } from "./frame.js";
import { RestToRest, handRaised } from "./restToRest.js";

/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */
/** @typedef {import("../client/constants.js").LayoutName} LayoutName */

/** A slow device may lose a hand for a picture or two, which is no rest yet. */
const FEWEST_RESTING_FRAMES = 3;

/** What the camera saw in one try. */
export class Tape {
  #layout;
  #aspect;
  /** @type {Frame[]} */
  #frames;
  /** @type {number[]} */
  #capturedMs;
  #watch = new RestToRest();
  #resting = FEWEST_RESTING_FRAMES;

  /**
   * @param {LayoutName} layout
   * @param {number} aspect width over height of the picture
   */
  constructor(layout, aspect) {
    this.#layout = layout;
    this.#aspect = aspect;
    this.#frames = [];
    this.#capturedMs = [];
  }

  /**
   * @param {LandmarkFrame} frame
   * @returns {boolean} whether the learner has lowered the hands after signing
   */
  push({ landmarks, capturedMs }) {
    const frame = new Frame(landmarks, this.#layout);
    this.#frames.push(frame);
    this.#capturedMs.push(capturedMs);
    this.#resting = handRaised(frame, this.#aspect) ? 0 : this.#resting + 1;
    return this.#watch.push(capturedMs, this.#resting < FEWEST_RESTING_FRAMES) !== null;
  }

  /** The recording, in the attempt's own time. */
  get clip() {
    const first = this.#capturedMs[0] ?? 0;
    return new Clip(
      this.#frames,
      this.#capturedMs.map((atMs) => atMs - first),
      this.#aspect,
    );
  }
}
