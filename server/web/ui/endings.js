/** What is shown where a practice cannot go on in this page, and what the learner can do then. */

/** @typedef {import("./notice.js").Action} Action */

/** A row of STATES by the reason; without one here the reason is the row. @type {Readonly<Record<string, string>>} */
const ENDINGS = { session_ended: "ended", forbidden: "not_found" };

/**
 * @param {string} reason
 * @returns {{state: string, actions: Action[]}}
 */
export function endingOf(reason) {
  const stories = { label: "To the stories", href: "/" };
  const load = (/** @type {string} */ label) => ({ label, act: () => location.reload(), primary: true });
  if (reason === "superseded") return { state: reason, actions: [load("Use this tab"), stories] };
  if (reason === "version") return { state: reason, actions: [load("Load again")] };
  return { state: ENDINGS[reason] ?? reason, actions: [{ ...stories, primary: true }] };
}
