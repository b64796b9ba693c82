/** Whether one try is durable. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @param {boolean} stored
 * @returns {HTMLElement}
 */
export function savedChip(stored) {
  const drawing = icon(stored ? "saved" : "unsaved");
  const looks = { class: `chip tone-${stored ? "good" : "almost"}`, "data-stored": stored };
  return h("span", looks, drawing, stored ? "Saved" : "Not saved yet");
}
