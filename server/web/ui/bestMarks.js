/** The best mark of each sentence, on this visit and former ones. */

import { SUCCESS } from "./words.js";

/** @typedef {import("../client/constants.js").AttemptResult} AttemptResult */

const MOST_FORMER_ATTEMPTS = 100;

export class BestMarks {
  #rest;
  #session;
  /** @type {Map<number, number>} by the sentence's index */
  #best = new Map();

  /** @param {import("../client/rest.js").Rest} rest @param {import("../client/session.js").PracticeSession} session */
  constructor(rest, session) {
    this.#rest = rest;
    this.#session = session;
  }

  /** @returns {ReadonlyMap<number, number>} */
  get marks() {
    return this.#best;
  }

  /** The first sentence that was not yet signed well; the first of all where every one was. */
  get nextSentence() {
    const open = this.#session.sentences.findIndex((_, index) => (this.#best.get(index) ?? 0) < SUCCESS);
    return Math.max(0, open);
  }

  /** @param {AttemptResult} result */
  remember({ sentence_index: index, score }) {
    if (score !== null) this.#best.set(index, Math.max(score, this.#best.get(index) ?? 0));
  }

  /** Takes in what was signed on former visits. */
  async recall() {
    for (const result of [...this.#session.results.values(), ...(await this.#formerResults())]) this.remember(result);
  }

  /** The result of an attempt that is durable; null where it cannot be had. @param {number} attempt */
  async stored(attempt) {
    return (await this.#formerResults()).find((result) => result.attempt_no === attempt) ?? null;
  }

  /**
   * The results that the database holds of this session; none where there is no network, for the page does without.
   * @returns {Promise<AttemptResult[]>}
   */
  async #formerResults() {
    try {
      const { items } = await this.#rest.attempts({ session_id: this.#session.id, limit: MOST_FORMER_ATTEMPTS });
      return items.map(({ result }) => result);
    } catch {
      return [];
    }
  }
}
