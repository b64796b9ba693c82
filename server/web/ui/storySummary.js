/** The end of a story: each sentence with its best mark, and where to go from here. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { actionButton } from "./notice.js";
import { percent, toneOf, TONE_WORDS } from "./words.js";

/**
 * @param {string} title
 * @param {readonly import("../client/constants.js").Sentence[]} sentences
 * @param {ReadonlyMap<number, number>} best mark of each sentence that was tried
 * @returns {HTMLElement}
 */
export function storySummary(title, sentences, best) {
  return h(
    "section",
    { class: "summary card", "aria-labelledby": "summary-title" },
    h("p", { class: "summary-sign tone-good" }, icon("good")),
    h("h1", { id: "summary-title" }, "Story done"),
    h("p", { class: "lead" }, title),
    h("ol", { class: "summary-list" }, ...sentences.map(({ text }, index) => line(text, best.get(index)))),
    h(
      "div",
      { class: "row" },
      actionButton({ label: "Next story", href: "/", primary: true }),
      actionButton({ label: "My progress", href: "/progress" }),
    ),
  );
}

/**
 * @param {string} text
 * @param {number | undefined} mark
 */
function line(text, mark) {
  const tone = toneOf(mark);
  return h(
    "li",
    {},
    h("span", {}, text),
    h("span", { class: `chip tone-${tone}` }, icon(tone), mark === undefined ? "Not tried" : TONE_WORDS[tone]),
    h("strong", {}, percent(mark)),
  );
}
