/** How fast it is here: pictures a second, and how long marks take to come back and to be drawn. */

import { fill, h } from "./dom.js";

const KEPT = 600;

/** The newest samples of something, in ms. */
class Samples {
  constructor() {
    /** @type {number[]} */
    this.values = [];
  }

  /** @param {number} value */
  add(value) {
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
  }

  /**
   * @param {number} share 0.5 is the median
   * @returns {number | null}
   */
  quantile(share) {
    if (this.values.length === 0) return null;
    const sorted = [...this.values].sort((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  }
}

export class Speed {
  #rate;
  #list;

  constructor() {
    this.feedback = new Samples();
    this.drawing = new Samples();
    /** @type {number | null} */
    this.firstFrameSentMs = null;
    this.#rate = { fps: 0, detectMs: 0 };
    this.#list = h("dl", { class: "speed-list" });
    this.element = h("details", { class: "speed" }, h("summary", {}, "Speed on this device"), this.#list);
    this.element.addEventListener("toggle", () => this.show());
  }

  /** @param {{fps: number, detectMs: number}} rate of the hand finder */
  rate(rate) {
    this.#rate = rate;
    this.show();
  }

  /** Notes that the first frame of this page left now. */
  frameSent() {
    this.firstFrameSentMs ??= performance.now();
  }

  /** Renders, where it is open. */
  show() {
    this.element.dataset.figures = JSON.stringify(this.figures());
    this.element.dataset.feedbacks = String(this.drawing.values.length);
    if (!this.element.open) return;
    const figures = this.figures();
    const ms = (/** @type {number | null} */ value) => (value === null ? "–" : `${Math.round(value)} ms`);
    const rows = [
      ["Pictures a second", this.#rate.fps.toFixed(1)],
      ["Finding the hands", ms(this.#rate.detectMs)],
      ["Marks come back in", `${ms(figures.feedbackMedianMs)} (95 %: ${ms(figures.feedbackP95Ms)})`],
      ["Marks are drawn in", ms(figures.drawingP95Ms)],
    ];
    fill(this.#list, ...rows.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
  }

  figures() {
    return {
      ...this.#rate,
      firstFrameSentMs: this.firstFrameSentMs,
      feedbackCount: this.feedback.values.length,
      feedbackMedianMs: this.feedback.quantile(0.5),
      feedbackP95Ms: this.feedback.quantile(0.95),
      drawingP95Ms: this.drawing.quantile(0.95),
    };
  }
}
