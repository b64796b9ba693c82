/** An attempt along its time: the signs that were found, and each finding in the lane of its parameter. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { PARAMETERS, toneOf } from "./words.js";

/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */
/** @typedef {import("../client/constants.js").Finding} Finding */

const NARROWEST_PERCENT = 4;

/** `onMoment` is told where the learner drags the play head, `onFinding` which finding was chosen. */
export class Timeline {
  #durationMs;
  #head;
  #range;

  /**
   * @param {AttemptResult} result
   * @param {{onMoment: (atMs: number) => void, onFinding: (finding: Finding) => void}} listeners
   */
  constructor(result, { onMoment, onFinding }) {
    this.#durationMs = Math.max(1, result.duration_ms);
    this.#head = h("div", { class: "timeline-head", "aria-hidden": "true" });
    this.#range = h("input", {
      type: "range",
      class: "timeline-range",
      min: 0,
      max: this.#durationMs,
      step: 10,
      value: 0,
      "aria-label": "Moment of your try",
    });
    this.#range.addEventListener("input", () => onMoment(Number(this.#range.value)));
    const lanes = PARAMETERS.map(({ name, label }) => this.#lane(name, label, result.findings, onFinding));
    this.element = h(
      "div",
      { class: "timeline" },
      h("div", { class: "timeline-lanes" }, this.#signs(result), ...lanes, this.#head),
      this.#range,
    );
  }

  /** @param {number} atMs */
  moveTo(atMs) {
    const share = Math.min(1, Math.max(0, atMs / this.#durationMs));
    this.#head.style.setProperty("--at", String(share));
    this.#range.value = String(Math.round(atMs));
    this.#range.setAttribute("aria-valuetext", `${(atMs / 1000).toFixed(1)} seconds`);
  }

  /** @param {AttemptResult} result */
  #signs(result) {
    const segments = result.signs
      .filter((sign) => sign.end_ms > sign.start_ms)
      .map((sign) => {
        const tone = toneOf(sign.score);
        const segment = h("span", { class: `timeline-sign tone-${tone}` }, icon(tone), sign.gloss);
        this.#place(segment, sign.start_ms, sign.end_ms);
        return segment;
      });
    return h("div", { class: "timeline-lane signs" }, h("span", { class: "timeline-label" }, "Signs"), track(segments));
  }

  /**
   * @param {string} parameter
   * @param {string} label
   * @param {readonly Finding[]} findings
   * @param {(finding: Finding) => void} onFinding
   */
  #lane(parameter, label, findings, onFinding) {
    const own = findings.filter((finding) => finding.parameter === parameter && finding.kind !== "cannot_judge");
    const spans = own.map((finding) => {
      const praise = finding.kind === "praise";
      const span = h(
        "button",
        {
          type: "button",
          class: `timeline-finding ${praise ? "tone-good" : finding.severity === "major" ? "tone-off" : "tone-almost"}`,
          "aria-label": finding.text,
          title: finding.text,
          onclick: () => onFinding(finding),
        },
        icon(praise ? "good" : "off"),
      );
      this.#place(span, finding.start_ms, finding.end_ms);
      return span;
    });
    return h("div", { class: "timeline-lane" }, h("span", { class: "timeline-label" }, label), track(spans));
  }

  /**
   * @param {HTMLElement} element
   * @param {number} startMs
   * @param {number} endMs
   */
  #place(element, startMs, endMs) {
    const width = Math.max(NARROWEST_PERCENT, ((endMs - startMs) / this.#durationMs) * 100);
    element.style.left = `${Math.min(100 - width, Math.max(0, (startMs / this.#durationMs) * 100))}%`;
    element.style.width = `${width}%`;
  }
}

/** @param {HTMLElement[]} parts */
function track(parts) {
  return h("span", { class: "timeline-track" }, ...parts);
}
