/** What is going on between this browser and the server, said only when the learner should know. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { inLineWords } from "./inLine.js";

/** @typedef {import("./icons.js").IconName} IconName */
/** @typedef {import("../client/sessionEvents.js").SessionEvents["state"]} ConnectionState */

const SAY_CONNECTING_AFTER_MS = 1500;
const KEPT = "Practise on: your tries are kept here and judged later.";

export class ConnectionBanner {
  /** @type {Map<string, HTMLElement>} */
  #shown;
  #timer;

  constructor() {
    this.element = h("div", { class: "banners", role: "status" });
    this.#shown = new Map();
    this.#timer = 0;
  }

  /** @param {ConnectionState} connection */
  connection({ state, reason, retryAtMs, inLine }) {
    clearTimeout(this.#timer);
    if (state === "offline") this.#say("connection", "offline", "almost", `You are offline. ${KEPT}`);
    else if (state === "waiting" && reason === "busy") {
      const line = inLine === null ? "We ask again." : inLineWords(inLine);
      this.#say("connection", "waiting", "accent", `All places are taken. ${line} ${KEPT}`, inLine ? null : retryAtMs);
    } else if (state === "waiting") {
      this.#say("connection", "offline", "almost", `No connection. We try again. ${KEPT}`, retryAtMs);
    } else if (state === "connecting") {
      this.#timer = setTimeout(
        () => this.#say("connection", "waiting", "accent", "Connecting …"),
        SAY_CONNECTING_AFTER_MS,
      );
    } else this.#say("connection", "good", "accent", "");
  }

  /**
   * Something that happened once; the learner can put it away.
   * @param {string} topic a later word on the same topic takes its place
   * @param {string} text empty: nothing any more
   */
  note(topic, text) {
    this.#say(topic, "unsaved", "almost", text, null, true);
  }

  /**
   * @param {string} topic
   * @param {IconName} drawing
   * @param {string} tone
   * @param {string} text
   * @param {number | null} [retryAtMs]
   * @param {boolean} [closable]
   */
  #say(topic, drawing, tone, text, retryAtMs = null, closable = false) {
    const former = this.#shown.get(topic);
    if (former?.dataset.text === text) {
      former.dataset.retryAtMs = String(retryAtMs ?? "");
      return;
    }
    former?.remove();
    this.#shown.delete(topic);
    if (!text) return;
    const clock = h("span", { class: "soft small", "aria-hidden": "true" });
    const banner = h(
      "div",
      { class: `banner tone-${tone}`, "data-topic": topic },
      icon(drawing),
      h("span", {}, text),
      clock,
    );
    banner.dataset.text = text;
    banner.dataset.retryAtMs = String(retryAtMs ?? "");
    if (closable)
      banner.append(
        h(
          "button",
          { type: "button", class: "button quiet", onclick: () => this.#say(topic, drawing, tone, "") },
          "OK",
        ),
      );
    this.#shown.set(topic, banner);
    this.element.append(banner);
    this.#countDown(banner, clock);
  }

  /**
   * @param {HTMLElement} banner
   * @param {HTMLElement} clock
   */
  #countDown(banner, clock) {
    if (!banner.isConnected) return;
    const retryAtMs = Number(banner.dataset.retryAtMs);
    const seconds = Math.ceil((retryAtMs - Date.now()) / 1000);
    clock.textContent = retryAtMs && seconds > 0 ? `in ${seconds} s` : "";
    setTimeout(() => this.#countDown(banner, clock), 500);
  }
}
