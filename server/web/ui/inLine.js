/** When all places are taken: who waits keeps the place in line by asking again, which this does by itself. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { duration } from "./words.js";

/** @typedef {import("../client/rest.js").InLine} InLine */

/**
 * Asks until it is not told to wait any more.
 * @template Answer
 * @param {() => Promise<Answer>} ask rejects with a Problem that has `inLine` where all places are taken
 * @param {(line: InLine) => void} onWait
 * @returns {Promise<Answer>}
 */
export async function whenThereIsAPlace(ask, onWait) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const problem = /** @type {import("../client/rest.js").Problem} */ (error);
      if (!problem?.inLine) throw error;
      onWait(problem.inLine);
      await new Promise((resolve) => setTimeout(resolve, problem.retryAfterMs ?? 0));
    }
  }
}

/** @param {InLine} line @returns {string} */
export function inLineWords({ place, waitS }) {
  const who = place === 1 ? "You are next" : `You are number ${place} in line`;
  return `${who}: about ${duration(1000 * waitS)}.`;
}

/** Shows how it stands in the place of the page; the words are changed, not the page, so that they are read out once. */
export class InLineNotice {
  #words = h("strong", { role: "status" });

  constructor() {
    this.element = h(
      "section",
      { class: "notice centred", "data-state": "in_line" },
      h("span", { class: "notice-sign tone-accent" }, icon("waiting")),
      h("h2", {}, "All places are taken"),
      h("p", {}, this.#words, " Leave this page open: practice begins by itself."),
      h("div", { class: "row" }, h("a", { class: "button", href: "/" }, "To the stories")),
    );
  }

  /** @param {InLine} line */
  show(line) {
    const words = inLineWords(line);
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }
}
