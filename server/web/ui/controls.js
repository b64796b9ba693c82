/** The bar with what the learner can do now. The first action is the main one; the space bar does it. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {object} Control
 * @property {string} label
 * @property {import("./icons.js").IconName} icon
 * @property {() => void} act
 * @property {"Space" | "Esc"} [key]
 * @property {boolean} [primary]
 */

export class Controls {
  #text;
  #buttons;
  /** @type {readonly Control[]} */
  #controls;
  /** Whether the focus is here, or was until its button went. */
  #focused = false;

  constructor() {
    this.#text = h("p", { class: "controls-text", id: "controls-text" });
    this.#buttons = h("div", { class: "controls-buttons" });
    this.element = h("div", { class: "controls" }, this.#text, this.#buttons);
    this.#controls = [];
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * @param {string} text what is going on, in a few words
   * @param {readonly Control[]} controls
   */
  show(text, controls) {
    const { activeElement } = document;
    this.#focused = this.element.contains(activeElement) || (this.#focused && activeElement === document.body);
    this.#controls = controls;
    this.#text.textContent = text;
    fill(this.#buttons, ...controls.map(button));
    if (this.#focused) this.#buttons.querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key === "Escape" ? "Esc" : event.key === " " ? "Space" : null;
    const control = this.#controls.find((entry) => entry.key === key);
    if (!key || !control || (key === "Space" && ownsSpace(event.target))) return;
    event.preventDefault();
    control.act();
  }
}

/** @param {Control} control */
function button({ label, icon: drawing, act, key, primary = false }) {
  return h(
    "button",
    { type: "button", class: `button large${primary ? " primary" : ""}`, onclick: act },
    icon(drawing),
    label,
    key && h("kbd", { "aria-hidden": "true" }, key),
  );
}

/**
 * Whether the space bar already means something where the focus is.
 * @param {EventTarget | null} target
 */
function ownsSpace(target) {
  return target instanceof Element && target.closest("button, a, input, select, summary, textarea, dialog") !== null;
}
