/** Stories: what can be practised, easiest first, and what was begun. */

import { openAccount } from "../client/account.js";
import { deliverHeld } from "../client/heldSessions.js";
import { keepForOffline } from "../client/offline.js";
import { Rest } from "../client/rest.js";
import { PracticeSession } from "../client/session.js";
import { byId, fill, h } from "../ui/dom.js";
import { goesOn } from "../ui/heldSession.js";
import { icon } from "../ui/icons.js";
import { notice, stateOfError } from "../ui/notice.js";
import { preferences } from "../ui/prefs.js";
import { openShell } from "../ui/shell.js";
import { counted } from "../ui/words.js";

/** @typedef {import("../client/restTypes.js").StoryBody} StoryBody */

const LEVELS = ["", "First steps", "Short words", "Names", "Longer words", "Phrases"];
const MOST_WORDS = 4;

const main = byId("main");
const shell = openShell("stories");
const rest = new Rest();
void keepForOffline();
void open();

async function open() {
  fill(
    main,
    welcome(),
    h(
      "div",
      { class: "story-grid", "aria-busy": "true" },
      ...Array.from({ length: 8 }, () => h("div", { class: "skeleton" })),
    ),
  );
  deliverHeld({ rest, onUnsaved: (/** @type {number} */ count) => shell.saved(count) });
  const begun = await PracticeSession.held();
  shell.saved(begun.reduce((sum, session) => sum + session.unsaved, 0));
  const open = begun.find(goesOn);
  try {
    await openAccount(rest);
    const stories = await rest.stories();
    fill(main, welcome(), open ? goOn(open) : null, ...byLevel(stories));
  } catch (error) {
    const again = { label: "Try again", act: () => location.reload(), primary: true };
    fill(main, welcome(), open ? goOn(open) : null, notice(stateOfError(error), { actions: [again] }));
  }
}

function welcome() {
  return h(
    "header",
    { class: "page-head" },
    h("h1", {}, "Sign a story. See how it was."),
    h(
      "p",
      { class: "lead" },
      "Watch the example, sign it to your camera, and see at once what was right. Pictures never leave this device.",
    ),
  );
}

/** @param {import("../client/session.js").HeldSession} session */
function goOn({ sessionId, title, unsaved }) {
  return h(
    "a",
    { class: "card go-on", href: practiceAddress(`session=${sessionId}`) },
    h("span", { class: "go-on-sign tone-accent" }, icon("play")),
    h("span", {}, h("strong", {}, "Go on"), h("span", { class: "soft" }, title)),
    unsaved > 0 &&
      h("span", { class: "chip tone-almost" }, icon("unsaved"), `${counted(unsaved, "try", "tries")} not saved yet`),
  );
}

/** @param {readonly StoryBody[]} stories */
function byLevel(stories) {
  if (stories.length === 0)
    return [h("p", { class: "card" }, "There are no stories yet. Whoever runs StorySign can add some.")];
  const levels = [...new Set(stories.map((story) => story.difficulty_level))].sort();
  return levels.map((level) =>
    h(
      "section",
      { class: "level", "aria-labelledby": `level-${level}` },
      h("h2", { id: `level-${level}` }, levelSteps(level), LEVELS[level] ?? `Level ${level}`),
      h("ul", { class: "story-grid" }, ...stories.filter((story) => story.difficulty_level === level).map(card)),
    ),
  );
}

/** @param {number} level */
function levelSteps(level) {
  const steps = Array.from({ length: 5 }, (_, step) => h("i", { class: step < level ? "on" : null }));
  return h("span", { class: "steps", role: "img", "aria-label": `Level ${level} of 5` }, ...steps);
}

/** @param {StoryBody} story */
function card({ id, title, sentences, missing_glosses: missing }) {
  const words = sentences
    .slice(0, MOST_WORDS)
    .map(({ text }) => text)
    .join(" · ");
  const more = sentences.length > MOST_WORDS ? " …" : "";
  const content = [
    h("h3", {}, title),
    h("p", { class: "soft story-words" }, words + more),
    missing.length > 0
      ? h("p", { class: "chip tone-almost" }, icon("waiting"), "Not ready yet")
      : h("p", { class: "story-count" }, counted(sentences.length, "sentence"), icon("next")),
  ];
  if (missing.length > 0) return h("li", { class: "card story waits" }, ...content);
  return h(
    "li",
    {},
    h(
      "a",
      { class: "card story", href: practiceAddress(`story=${encodeURIComponent(id)}`), "data-story": id },
      ...content,
    ),
  );
}

/**
 * The first time leads over the camera check.
 * @param {string} query
 */
function practiceAddress(query) {
  return `${preferences().cameraChecked ? "/practice" : "/camera"}?${query}`;
}
