// What the learner wants of the session, beside what the server has said and been told. Twin of
// `protocol/session_wish.py`: wishes are kept as the *status wanted*, not as messages to repeat.

/** @typedef {import("./constants.js").Status["status"]} SessionStatus */

/** @param {SessionStatus | null} status */
export const hasEnded = (status) => status === "completed" || status === "abandoned";

/** The session's status three times over: heard from the server, wanted by the learner, told to the server. */
export class SessionWish {
  /** @type {SessionStatus | null} */
  heard = null;
  /** @type {SessionStatus} */
  wanted = "active";
  /** @type {SessionStatus | null} */
  #told = null;
  #waiting = false;

  /** Whether the server has said that the session takes no more attempts. */
  get ended() {
    return hasEnded(this.heard);
  }

  /** Whether attempts would be refused if they were sent now. */
  get toldPaused() {
    return this.#told === "paused";
  }

  /**
   * Whether the server should be asked for another status: not before the last question is answered, because an answer
   * does not say which question it belongs to. Only `completed` need not wait: it is the last word.
   */
  get untold() {
    const mayAsk = !this.#waiting || this.wanted === "completed";
    return this.wanted !== this.#told && mayAsk && !this.ended;
  }

  /**
   * The message that asks for a status; the server answers with `status` or an error.
   * @param {SessionStatus} status
   * @returns {import("./constants.js").Pause | import("./constants.js").Resume | import("./constants.js").Complete}
   */
  ask(status) {
    this.#told = status;
    this.#waiting = true;
    if (status === "paused") return { t: "pause" };
    return status === "completed" ? { t: "complete" } : { t: "resume" };
  }

  /**
   * A new connection: what was asked on the old one has arrived or has not, and the status tells which. A session that
   * somebody paused before this client came stays paused; the learner's own wishes are kept.
   * @param {SessionStatus} status
   */
  onWelcome(status) {
    this.#accept(status, this.heard === null || hasEnded(status));
  }

  /**
   * The server said the status: the answer to a wish, or somebody else's doing, which the learner then has.
   * @param {SessionStatus} status
   */
  onStatus(status) {
    if (this.#waiting && status !== this.#told && !hasEnded(status)) {
      this.heard = status; // somebody else's doing, which met our question on its way
    } else {
      this.#accept(status, true);
    }
  }

  /** The server refused what was asked: nothing has changed. */
  onRefused() {
    if (this.#waiting && this.heard !== null) this.#accept(this.heard, true);
  }

  /** @param {SessionStatus} status @param {boolean} adopt */
  #accept(status, adopt) {
    this.heard = status;
    this.#waiting = false;
    // A session that was only created becomes active by its first attempt; that need not be asked for.
    this.#told = status === "created" ? "active" : status;
    if (adopt) this.wanted = this.#told;
  }
}
