/** A state that is in the way: what it is, what to do, and the button that does it. */

import { SessionNotHeld } from "../client/session.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { STATES } from "./words.js";

/** @typedef {{label: string, href?: string, act?: () => void, primary?: boolean}} Action */

/**
 * @param {string} state a row of STATES
 * @param {{actions?: Action[], detail?: string, centred?: boolean}} [options] `detail` follows the usual text
 * @returns {HTMLElement}
 */
export function notice(state, { actions = [], detail = "", centred = false } = {}) {
  const row = STATES[state] ?? STATES.fault;
  if (!row) throw new Error("the table of states has lost its last resort");
  return h(
    "section",
    { class: `notice${centred ? " centred" : ""}`, role: "alert", "data-state": state },
    h("span", { class: `notice-sign tone-${row.tone}` }, icon(row.icon)),
    h("h2", {}, row.title),
    h("p", {}, detail ? `${row.text} ${detail}` : row.text),
    actions.length > 0 && h("div", { class: "row" }, ...actions.map(actionButton)),
  );
}

/**
 * @param {Action} action
 * @returns {HTMLElement}
 */
export function actionButton({ label, href, act, primary = false }) {
  const looks = `button${primary ? " primary" : ""}`;
  return href
    ? h("a", { class: looks, href }, label)
    : h("button", { type: "button", class: looks, onclick: act }, label);
}

/**
 * The page's answer to a failed call of the server.
 * @param {unknown} error
 * @returns {string} a row of STATES
 */
export function stateOfError(error) {
  const code = error && typeof error === "object" && "code" in error ? String(error.code) : "";
  if (code in STATES) return code;
  if (["store_unavailable", "server_closing"].includes(code)) return "unreachable";
  if (["story_unknown", "not_found"].includes(code) || error instanceof SessionNotHeld) return "not_found";
  return code === "glosses_unknown" ? "missing_signs" : "fault";
}

/**
 * Something is on its way, or the learner has to do something in the browser itself.
 * @param {import("./icons.js").IconName} drawing
 * @param {string} title
 * @param {string} text
 */
export function waiting(drawing, title, text) {
  return h("div", { class: "stage-wait" }, icon(drawing), h("h2", {}, title), h("p", {}, text));
}
