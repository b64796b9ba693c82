/** Draws in the screen's next frame what has come since the last, and the newest of it only. */

/** @template Value */
export class NewestPerFrame {
  #draw;
  /** @type {{value: Value, arrivedMs: number} | null} */
  #newest = null;

  /** @param {(value: Value, arrivedMs: number) => void} draw `arrivedMs`: when the oldest of what it stands for came */
  constructor(draw) {
    this.#draw = draw;
  }

  /** @param {Value} value */
  push(value) {
    const scheduled = this.#newest;
    this.#newest = { value, arrivedMs: scheduled?.arrivedMs ?? performance.now() };
    if (scheduled !== null) return;
    requestAnimationFrame(() => {
      const newest = this.#newest;
      this.#newest = null;
      if (newest !== null) this.#draw(newest.value, newest.arrivedMs);
    });
  }
}
