/** What the pages say: few and plain words, in one place. */

/** @typedef {import("./icons.js").IconName} IconName */
/** @typedef {"good" | "almost" | "off" | "unknown"} Tone */

/** The mark from which a try counts as good. */
export const SUCCESS = 0.7;

/** The parameters of a sign in the order in which they are shown. */
/** @type {readonly {name: string, label: string, icon: IconName}[]} */
export const PARAMETERS = [
  { name: "handshape", label: "Hand shape", icon: "hands" },
  { name: "orientation", label: "Palm", icon: "turn" },
  { name: "location", label: "Place", icon: "place" },
  { name: "movement", label: "Movement", icon: "path" },
];

/** What to look at while signing, by the code of the most urgent finding. */
/** @type {Readonly<Record<string, string>>} */
export const HINTS = {
  handshape_differs: "Look at the fingers",
  palm_turned: "Turn your palm",
  place_off: "Check where your hand is",
  movement_differs: "Check the movement",
  movement_small: "Move more",
  movement_large: "Move less",
  hold_inserted: "Keep moving",
  hand_missing: "Use both hands",
  hand_extra: "Use one hand",
};

/** @type {Readonly<Record<Tone, string>>} */
export const TONE_WORDS = { good: "Good", almost: "Close", off: "Look again", unknown: "Not seen" };

/**
 * How a mark of 0..1 is spoken of; `null` is what could not be seen.
 * @param {number | null | undefined} mark
 * @returns {Tone}
 */
export function toneOf(mark) {
  if (mark === null || mark === undefined) return "unknown";
  if (mark >= SUCCESS) return "good";
  return mark >= 0.45 ? "almost" : "off";
}

/**
 * The headline over an attempt's result.
 * @param {import("../client/constants.js").AttemptResult} result
 * @returns {string}
 */
export function headline(result) {
  if (!result.judged || result.score === null) return "We could not see enough";
  if (result.score >= 0.85) return "Very good";
  if (result.success) return "Good";
  return result.score >= 0.45 ? "Almost" : "Not yet";
}

/** @param {number | null | undefined} mark 0..1 */
export function percent(mark) {
  return mark === null || mark === undefined ? "–" : String(Math.round(mark * 100));
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/**
 * How long something took, in the largest unit that says enough.
 * @param {number} ms
 */
export function duration(ms) {
  const minutes = Math.round(ms / 60_000);
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Why a try could not be kept, where there is a reason that the learner can know. @type {Readonly<Record<string, string>>} */
export const LOST = {
  elsewhere: "You practised on two devices at the same time: a try from here could not be kept.",
  ended: "This practice was ended on another device: a try from here could not be kept.",
};

/**
 * States in which something is in the way, each with what to do.
 * @type {Readonly<Record<string, {title: string, text: string, icon: IconName, tone: "off" | "almost" | "accent"}>>}
 */
export const STATES = {
  denied: {
    title: "The camera is blocked",
    text: "Press the camera sign in the address bar, choose “Allow”, then press “Try again”.",
    icon: "camera",
    tone: "off",
  },
  none: {
    title: "No camera found",
    text: "Connect a camera, then press “Try again”. You can watch the signs without one.",
    icon: "camera",
    tone: "off",
  },
  busy: {
    title: "The camera is in use",
    text: "Another program uses the camera. Close it, then press “Try again”.",
    icon: "camera",
    tone: "off",
  },
  unsupported: {
    title: "This browser cannot use the camera",
    text: "Use a newer Chrome, Edge, Firefox or Safari. The address must begin with https or be this computer.",
    icon: "camera",
    tone: "off",
  },
  models: {
    title: "The hand finder did not load",
    text: "Check your network, then press “Try again”.",
    icon: "hands",
    tone: "off",
  },
  unreachable: {
    title: "We cannot reach StorySign",
    text: "Check your network. Tries that you have made are kept in this browser.",
    icon: "offline",
    tone: "almost",
  },
  superseded: {
    title: "You practise in another tab",
    text: "Go on there, or use this tab.",
    icon: "tabs",
    tone: "accent",
  },
  not_found: {
    title: "This practice is not here",
    text: "It may belong to another learner or was deleted. Choose a story.",
    icon: "stories",
    tone: "almost",
  },
  ended: {
    title: "This practice has ended",
    text: "Your tries are saved. Choose a story to go on.",
    icon: "good",
    tone: "accent",
  },
  version: {
    title: "StorySign is new",
    text: "Load the page again to get the new version.",
    icon: "again",
    tone: "accent",
  },
  missing_signs: {
    title: "This story is not ready",
    text: "Nobody has recorded some of its signs yet. Choose another story.",
    icon: "stories",
    tone: "almost",
  },
  fault: {
    title: "Something went wrong",
    text: "It was our mistake. Load the page again. Your tries are kept in this browser.",
    icon: "off",
    tone: "off",
  },
};
