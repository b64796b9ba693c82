/** The four parameters with a mark each: live while signing, and of a result. A mark is a bar, a sign and a word. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { PARAMETERS, TONE_WORDS, toneOf } from "./words.js";

/** @typedef {Record<string, number | null>} MarkByParameter */

export class Marks {
  #rows;

  #unseen;

  /** @param {string} [unseen] word for what there is no mark of */
  constructor(unseen = TONE_WORDS.unknown) {
    this.#unseen = unseen;
    this.#rows = PARAMETERS.map(({ name, label, icon: drawing }) => {
      const bar = h("i");
      const word = h("span", { class: "mark-word" });
      const element = h(
        "li",
        { class: "mark", "data-parameter": name },
        h("span", { class: "mark-label" }, icon(drawing), label),
        h("span", { class: "meter", "aria-hidden": "true" }, bar),
        word,
      );
      return { name, bar, word, element };
    });
    this.element = h("ul", { class: "marks" }, ...this.#rows.map((row) => row.element));
    this.show({});
  }

  /** @param {MarkByParameter} marks 0..1, null for what could not be seen */
  show(marks) {
    for (const { name, bar, word, element } of this.#rows) {
      const mark = marks[name] ?? null;
      const tone = toneOf(mark);
      bar.style.transform = `scaleX(${mark ?? 0})`;
      if (element.dataset.tone === tone) continue;
      element.dataset.tone = tone;
      word.className = `mark-word chip${tone === "unknown" ? "" : ` tone-${tone}`}`;
      fill(word, icon(tone), tone === "unknown" ? this.#unseen : TONE_WORDS[tone]);
    }
  }
}
