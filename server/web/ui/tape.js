/** What the camera saw in one try: kept for the replay, and to tell when the hands come down. */

import { Clip } from "./clip.js";
import { Frame } from "./frame.js";
import { RestToRest, handRaised } from "./restToRest.js";

/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */
/** @typedef {import("../client/constants.js").LayoutName} LayoutName */

/** What the camera saw in one try. */
export class Tape {
  #layout;
  #aspect;
  /** @type {Frame[]} */
  #frames;
  /** @type {number[]} */
  #capturedMs;
  #watch = new RestToRest();

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
    return this.#watch.push(capturedMs, handRaised(frame, this.#aspect)) !== null;
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
