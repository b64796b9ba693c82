/** My progress: level, days of practice, how the marks go, and the signs to look at again. */

import { openAccount } from "../client/account.js";
import { deliverHeld } from "../client/heldSessions.js";
import { Rest } from "../client/rest.js";
import { calendar } from "../ui/calendar.js";
import { dayChart } from "../ui/charts.js";
import { byId, fill, h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { actionButton, notice, stateOfError } from "../ui/notice.js";
import { openShell } from "../ui/shell.js";
import { counted, duration, HINTS, percent, toneOf, TONE_WORDS } from "../ui/words.js";

/** @typedef {import("../client/restTypes.js").TrendsBody} TrendsBody */
/** @typedef {import("../client/restTypes.js").AttemptBody} AttemptBody */
/** @typedef {import("../client/constants.js").SkillProgress} SkillProgress */

const DAYS = 84;
const CHART_DAYS = 28;
const RECENT = 8;
/** A sign with this average needs no second look. */
const MASTERED = 0.85;
const AREAS = /** @type {Readonly<Record<string, string>>} */ ({
  fingerspelling: "Finger spelling",
  signs: "Signs",
  general: "General",
});

const main = byId("main");
const shell = openShell("progress");
const rest = new Rest();
void open();

async function open() {
  fill(
    main,
    head(),
    h(
      "div",
      { class: "tiles", "aria-busy": "true" },
      ...Array.from({ length: 4 }, () => h("div", { class: "skeleton" })),
    ),
  );
  deliverHeld({ rest, onUnsaved: (/** @type {number} */ count) => shell.saved(count) });
  try {
    await openAccount(rest);
    const [progress, trends, attempts] = await Promise.all([
      rest.progress(),
      rest.ask("GET", `/v1/learners/me/trends?days=${DAYS}`),
      rest.attempts({ limit: RECENT }),
    ]);
    if (progress.skills.length === 0) fill(main, head(), empty());
    else fill(main, head(), ...content(progress.skills, trends, attempts.items));
  } catch (error) {
    fill(
      main,
      head(),
      notice(stateOfError(error), { actions: [{ label: "Try again", act: () => location.reload(), primary: true }] }),
    );
  }
}

function head() {
  return h("header", { class: "page-head" }, h("h1", {}, "My progress"));
}

function empty() {
  return h(
    "section",
    { class: "card empty" },
    h("span", { class: "empty-sign tone-accent" }, icon("progress")),
    h("h2", {}, "Nothing here yet"),
    h("p", { class: "soft" }, "Sign one sentence, and your progress begins."),
    actionButton({ label: "To the stories", href: "/", primary: true }),
  );
}

/**
 * @param {readonly SkillProgress[]} skills
 * @param {TrendsBody} trends
 * @param {readonly AttemptBody[]} attempts
 */
function content(skills, trends, attempts) {
  const days = trends.days.slice(-CHART_DAYS);
  const names = days.map(({ day }) => day);
  const marks = days.map(({ average_score: mark }) => (mark === null ? null : mark * 100));
  const minutes = days.map(({ practice_ms: ms }) => ms / 60_000);
  return [
    h("div", { class: "tiles" }, ...skills.map(levelTile), ...figureTiles(skills)),
    h("div", { class: "columns" }, daysOfPractice(trends), hardSigns(trends)),
    h(
      "div",
      { class: "columns" },
      dayChart({
        title: "Marks",
        unit: "average of each day, of 100",
        days: names,
        top: 100,
        series: [{ label: "Mark", values: marks, colour: "--accent" }],
      }),
      dayChart({
        title: "Time",
        unit: "minutes a day",
        days: names,
        series: [{ label: "Minutes", values: minutes, colour: "--accent", bars: true }],
      }),
    ),
    h("div", { class: "columns" }, corrections(trends), recent(attempts)),
  ];
}

/** @param {TrendsBody} trends */
function daysOfPractice({ days, active_days: active }) {
  return h(
    "section",
    { class: "card", "aria-labelledby": "days-title" },
    h("h2", { id: "days-title" }, "Days of practice"),
    h("p", { class: "soft small" }, `${counted(active, "day")} in 12 weeks`),
    calendar(days),
  );
}

/** @param {SkillProgress} skill */
function levelTile({ skill_area: area, level, experience_points: points }) {
  const whole = Math.floor(level);
  const [from, to] = [100 * whole ** 2, 100 * (whole + 1) ** 2];
  const share = whole >= 10 ? 1 : Math.min(1, Math.max(0, (points - from) / (to - from)));
  const bar = h("i");
  bar.style.transform = `scaleX(${share})`;
  return h(
    "section",
    { class: "card tile wide" },
    h("h2", {}, AREAS[area] ?? area),
    h("p", { class: "tile-figure" }, `Level ${whole}`),
    h("span", { class: "meter", "aria-hidden": "true" }, bar),
    h(
      "p",
      { class: "soft small" },
      whole >= 10 ? `${points.toFixed(0)} points` : `${points.toFixed(0)} of ${to} points for level ${whole + 1}`,
    ),
  );
}

/** @param {readonly SkillProgress[]} skills */
function figureTiles(skills) {
  const sum = (/** @type {"total_attempts" | "successful_attempts" | "practice_time_ms"} */ name) =>
    skills.reduce((total, skill) => total + skill[name], 0);
  const streak = Math.max(...skills.map((skill) => skill.learning_streak));
  const longest = Math.max(...skills.map((skill) => skill.longest_streak));
  return [
    tile("streak", "In a row", counted(streak, "day"), `longest: ${counted(longest, "day")}`),
    tile(
      "good",
      "Good tries",
      String(sum("successful_attempts")),
      `of ${counted(sum("total_attempts"), "try", "tries")}`,
    ),
    tile("waiting", "Signing", duration(sum("practice_time_ms")), "in all"),
  ];
}

/**
 * @param {import("../ui/icons.js").IconName} drawing
 * @param {string} title
 * @param {string} figure
 * @param {string} text
 */
function tile(drawing, title, figure, text) {
  return h(
    "section",
    { class: "card tile" },
    h("h2", {}, icon(drawing), title),
    h("p", { class: "tile-figure" }, figure),
    h("p", { class: "soft small" }, text),
  );
}

/** @param {TrendsBody} trends */
function hardSigns({ hardest_signs: signs }) {
  const rows = signs
    .filter((sign) => sign.average_score < MASTERED)
    .map(({ gloss, times_signed: times, average_score: mark }) => {
      const tone = toneOf(mark);
      const bar = h("i");
      bar.style.transform = `scaleX(${mark})`;
      return h(
        "li",
        { class: "hard" },
        h("strong", { class: "hard-gloss" }, gloss),
        h("span", { class: "meter", "aria-hidden": "true" }, bar),
        h(
          "span",
          { class: `chip tone-${tone}`, title: counted(times, "time") },
          icon(tone),
          `${percent(mark)} · ${TONE_WORDS[tone]}`,
        ),
        h(
          "a",
          {
            class: "button quiet",
            href: `/practice?glosses=${encodeURIComponent(gloss)}`,
            "aria-label": `Practise ${gloss}`,
          },
          "Practise",
        ),
      );
    });
  return h(
    "section",
    { class: "card stack", "aria-labelledby": "hard-title" },
    h("h2", { id: "hard-title" }, "Signs to look at again"),
    rows.length > 0
      ? h("ul", { class: "lines" }, ...rows)
      : h("p", { class: "soft" }, "Nothing to look at again. Signs that were hard several times stand here."),
  );
}

/** @param {TrendsBody} trends */
function corrections({ frequent_findings: findings }) {
  const rows = findings.map(({ code, gloss, times_found: times }) =>
    h(
      "li",
      { class: "correction" },
      h("span", { class: "finding-sign tone-almost" }, icon("off")),
      h("span", {}, h("strong", {}, `${gloss} · `), HINTS[code] ?? code.replaceAll("_", " ")),
      h("span", { class: "soft small" }, counted(times, "time")),
    ),
  );
  return h(
    "section",
    { class: "card stack", "aria-labelledby": "corrections-title" },
    h("h2", { id: "corrections-title" }, "What to change"),
    rows.length > 0
      ? h("ul", { class: "lines" }, ...rows)
      : h("p", { class: "soft" }, "No corrections in the last 12 weeks."),
  );
}

/** @param {readonly AttemptBody[]} attempts */
function recent(attempts) {
  const rows = attempts.map(({ attempted_at_ms: atMs, result }) => {
    const tone = toneOf(result.score);
    const when = new Date(atMs).toLocaleString("en", {
      day: "numeric",
      month: "short",
      hour: "numeric",
      minute: "2-digit",
    });
    return h(
      "tr",
      { "data-attempt": result.attempt_no },
      h("th", { scope: "row" }, result.sentence),
      h("td", {}, when),
      h(
        "td",
        {},
        h("span", { class: `chip tone-${tone}` }, icon(tone), result.judged ? percent(result.score) : "Not seen"),
      ),
    );
  });
  return h(
    "section",
    { class: "card stack", "aria-labelledby": "recent-title" },
    h("h2", { id: "recent-title" }, "Last tries"),
    h(
      "table",
      { class: "recent" },
      h(
        "thead",
        { class: "only-read-aloud" },
        h("tr", {}, ...["Sentence", "When", "Mark"].map((name) => h("th", { scope: "col" }, name))),
      ),
      h("tbody", {}, ...rows),
    ),
  );
}
