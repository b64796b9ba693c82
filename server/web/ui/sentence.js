/** Where the learner is in the story: the sentence with its signs, and a dot for every sentence. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { toneOf } from "./words.js";

/** @typedef {import("../client/constants.js").Sentence} Sentence */

export class SentenceHead {
  #sentences;
  #onGlosses;
  #text;
  #glosses;
  #dots;
  #place;
  #title;
  /** @type {HTMLElement[]} */
  #chips = [];
  /** @type {number | null} */
  #chosen = null;

  /**
   * @param {string} title of the story
   * @param {readonly Sentence[]} sentences
   * @param {{onSentence: (index: number) => void, onGlosses: (glosses: readonly string[]) => void}} listeners `onGlosses`
   *   is told which signs the learner wants to see
   */
  constructor(title, sentences, { onSentence, onGlosses }) {
    this.#sentences = sentences;
    this.#onGlosses = onGlosses;
    this.#text = h("h1", { id: "sentence" });
    this.#glosses = h("div", {
      class: "glosses",
      role: "group",
      "aria-label": "Signs of the sentence: press one to see it",
    });
    this.#dots = sentences.map((_, index) =>
      h("button", { type: "button", class: "dot", onclick: () => onSentence(index) }),
    );
    this.#place = h("p", { class: "soft small" });
    this.#title = title;
    this.element = h(
      "header",
      { class: "sentence-head" },
      h(
        "div",
        { class: "sentence-story" },
        h(
          "a",
          { class: "button quiet back", href: "/" },
          icon("back"),
          h("span", { class: "only-read-aloud" }, "Back to the stories"),
        ),
        this.#place,
        h("nav", { class: "dots", "aria-label": "Sentences", hidden: sentences.length < 2 }, ...this.#dots),
      ),
      this.#text,
      this.#glosses,
    );
  }

  /**
   * @param {number} index of the sentence to practise
   * @param {ReadonlyMap<number, number>} best mark of each sentence that was tried
   */
  show(index, best) {
    const sentence = this.#sentences[index];
    if (!sentence) return;
    this.#text.textContent = sentence.text;
    const place = this.#sentences.length > 1 ? ` · ${index + 1} of ${this.#sentences.length}` : "";
    this.#place.textContent = this.#title + place;
    this.#dots.forEach((dot, place) => this.#showDot(dot, place, index, best.get(place)));
    this.#chips = sentence.glosses.map((gloss, place) =>
      h(
        "button",
        { type: "button", class: "gloss", "aria-pressed": "false", onclick: () => this.#choose(place) },
        gloss,
      ),
    );
    fill(this.#glosses, ...this.#chips);
    this.#glosses.hidden = sentence.glosses.length === 1 && sentence.glosses[0] === sentence.text.toUpperCase();
    this.#chosen = null;
    this.#onGlosses(sentence.glosses);
  }

  /** @param {number | null} place of the sign that is signed now */
  mark(place) {
    this.#chips.forEach((chip, index) => chip.classList.toggle("now", index === place));
  }

  /** @param {number} place of the sign to be seen alone; the same again: all of them */
  #choose(place) {
    this.#chosen = this.#chosen === place ? null : place;
    this.#chips.forEach((chip, index) => chip.setAttribute("aria-pressed", String(index === this.#chosen)));
    const all = this.#chips.map((chip) => chip.textContent ?? "");
    this.#onGlosses(this.#chosen === null ? all : all.slice(place, place + 1));
  }

  /**
   * @param {HTMLElement} dot
   * @param {number} place
   * @param {number} current
   * @param {number | undefined} mark
   */
  #showDot(dot, place, current, mark) {
    const tone = toneOf(mark);
    const done = { good: "good", almost: "close", off: "tried", unknown: "not tried" }[tone];
    dot.className = `dot ${tone}`;
    dot.setAttribute("aria-label", `Sentence ${place + 1}, ${done}`);
    if (place === current) dot.setAttribute("aria-current", "step");
    else dot.removeAttribute("aria-current");
    fill(dot, tone === "unknown" ? place + 1 : icon(tone));
  }
}
