/** The mirror: the camera's picture as in a mirror, with the landmarks that were found drawn over it. */

import { cleared, covering } from "./canvas.js";
import { h } from "./dom.js";
import { drawOverlay, figureColours } from "./figure.js";
import { Frame } from "./frame.js";

/** @typedef {import("../client/constants.js").LayoutName} LayoutName */

export class Stage {
  #layout;
  #canvas;
  #mirror;
  #over;
  #aspect;
  /** @type {Frame | null} */
  #frame;
  #request;

  /** @param {LayoutName} layout of the landmarks that will be shown */
  constructor(layout) {
    this.#layout = layout;
    this.#canvas = h("canvas", { class: "stage-overlay", "aria-hidden": "true" });
    this.#mirror = h("div", { class: "stage-mirror" }, this.#canvas);
    this.#over = h("div", { class: "stage-over" });
    this.element = h(
      "div",
      { class: "stage", role: "group", "aria-label": "Your camera, as a mirror" },
      this.#mirror,
      this.#over,
    );
    this.#aspect = 4 / 3;
    this.#frame = null;
    this.#request = 0;
  }

  /**
   * Shows the camera's picture.
   * @param {HTMLVideoElement} video playing
   * @param {number} aspect width over height of its picture
   */
  showVideo(video, aspect) {
    video.setAttribute("aria-hidden", "true");
    this.#mirror.replaceChildren(video, this.#canvas);
    this.#aspect = aspect;
    this.element.classList.toggle("upright", aspect < 1);
  }

  /** Takes the picture away. */
  clear() {
    this.#mirror.replaceChildren(this.#canvas);
    this.#frame = null;
    this.#draw();
  }

  /** @param {Float32Array} landmarks of one frame */
  showLandmarks(landmarks) {
    this.#frame = new Frame(landmarks, this.#layout);
    cancelAnimationFrame(this.#request);
    this.#request = requestAnimationFrame(() => this.#draw());
  }

  /**
   * Puts something over the picture, or nothing.
   * @param {...(Node | null)} parts
   */
  cover(...parts) {
    this.#over.replaceChildren(...parts.filter((part) => part !== null));
  }

  #draw() {
    const surface = cleared(this.#canvas);
    if (!surface || !this.#frame) return;
    const { context, width, height } = surface;
    drawOverlay(context, this.#frame, covering(this.#aspect, width, height), figureColours(this.#canvas));
  }
}
