/** Tells when a learner has finished: the hands were up, and then are out of the signing space for a while. */

const REST_MS = 1000;
const SHORTEST_SIGNING_MS = 400;
const FEWEST_RESTING_FRAMES = 3;

export class HandsDown {
  /** @type {number | null} */
  #upSinceMs;
  #lastUpMs;
  #resting;

  constructor() {
    this.#upSinceMs = null;
    this.#lastUpMs = 0;
    this.#resting = 0;
  }

  /**
   * @param {boolean} up whether a hand is seen in this frame
   * @param {number} atMs
   * @returns {boolean} whether the signing is over
   */
  push(up, atMs) {
    if (up) {
      this.#upSinceMs ??= atMs;
      this.#lastUpMs = atMs;
      this.#resting = 0;
      return false;
    }
    this.#resting += 1;
    if (this.#upSinceMs === null) return false;
    const signed = this.#lastUpMs - this.#upSinceMs >= SHORTEST_SIGNING_MS;
    return signed && this.#resting >= FEWEST_RESTING_FRAMES && atMs - this.#lastUpMs >= REST_MS;
  }
}
