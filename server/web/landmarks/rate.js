// How many pictures a second are really looked at, and how long one takes.

const WINDOW_MS = 1_000;

export class Rate {
  #startedMs = NaN;
  #count = 0;
  #sumMs = 0;

  /**
   * Counts a picture. Once a second returns the figures of that second, else null.
   * @param {number} nowMs
   * @param {number} tookMs
   * @returns {{fps: number, detectMs: number} | null}
   */
  add(nowMs, tookMs) {
    if (Number.isNaN(this.#startedMs)) {
      this.#startedMs = nowMs;
      return null;
    }
    this.#count += 1;
    this.#sumMs += tookMs;
    const passedMs = nowMs - this.#startedMs;
    if (passedMs < WINDOW_MS) return null;
    const figures = { fps: (1_000 * this.#count) / passedMs, detectMs: this.#sumMs / this.#count };
    this.#startedMs = nowMs;
    this.#count = 0;
    this.#sumMs = 0;
    return figures;
  }
}
