/** Days of practice as a calendar: a column a week, a square a day, the fuller the more was practised. */

import { h } from "./dom.js";
import { counted, duration } from "./words.js";

/** @typedef {import("../client/restTypes.js").PracticeDayBody} PracticeDayBody */

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** Minutes from which a day counts as this full. */
const STEPS_MIN = [0, 5, 15];

/**
 * @param {readonly PracticeDayBody[]} days ascending, none left out
 * @returns {HTMLElement}
 */
export function calendar(days) {
  const [first] = days;
  if (!first) return h("div");
  const lead = Array.from({ length: weekday(first.day) }, () => null);
  const squares = [...lead, ...days];
  const rows = WEEKDAYS.map((name, row) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("span", { class: row % 2 ? "faint" : null }, name)),
      ...squares.filter((_, place) => place % 7 === row).map((day) => (day ? square(day) : h("td"))),
    ),
  );
  return h(
    "div",
    { class: "calendar" },
    h("table", {}, h("caption", { class: "only-read-aloud" }, "Days of practice"), h("tbody", {}, ...rows)),
  );
}

/** @param {PracticeDayBody} day */
function square({ day, attempts, practice_ms: practiceMs }) {
  const date = new Date(`${day}T00:00:00`).toLocaleDateString("en", { day: "numeric", month: "long" });
  const text = attempts
    ? `${date}: ${counted(attempts, "try", "tries")}, ${duration(practiceMs)}`
    : `${date}: no practice`;
  const step = attempts ? STEPS_MIN.filter((minutes) => practiceMs >= minutes * 60_000).length : 0;
  return h("td", { class: `day step-${step}`, title: text }, h("span", { class: "only-read-aloud" }, text));
}

/**
 * 0 is Monday.
 * @param {string} day YYYY-MM-DD
 */
function weekday(day) {
  return (new Date(`${day}T00:00:00`).getDay() + 6) % 7;
}
