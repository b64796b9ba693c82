/** Begins a try when hands rise: what was seen since they left rest belongs to it. */

import { Frame } from "./frame.js";
import { RestToRest, handRaised } from "./restToRest.js";

/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */

export class HandsFree {
  #layout;
  #watch = new RestToRest();
  /** @type {LandmarkFrame[]} since the hands left rest */
  #seen = [];
  #rested = false;

  /** @param {import("../client/constants.js").LayoutName} layout */
  constructor(layout) {
    this.#layout = layout;
  }

  /** Hands that are up now begin nothing: they have to come down first. */
  wait() {
    this.#watch = new RestToRest();
    this.#seen = [];
    this.#rested = false;
  }

  /**
   * @param {LandmarkFrame} frame
   * @param {number} aspect
   * @returns {LandmarkFrame[] | null} the first frames of a try that has begun
   */
  push(frame, aspect) {
    const raised = handRaised(new Frame(frame.landmarks, this.#layout), aspect);
    if (!this.#rested) {
      this.#rested = !raised;
      return null;
    }
    this.#watch.push(frame.capturedMs, raised);
    if (this.#watch.beganMs === null) this.#seen = [];
    else this.#seen.push(frame);
    return this.#watch.lasting ? this.#seen.splice(0) : null;
  }
}
