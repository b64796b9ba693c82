/** The frame of every page: the name, the ways to the other pages, and whether all is saved. */

import { h } from "./dom.js";
import { brandMark, icon } from "./icons.js";
import { counted } from "./words.js";

/** @type {readonly {name: string, href: string, label: string, icon: import("./icons.js").IconName}[]} */
const PAGES = [
  { name: "stories", href: "/", label: "Stories", icon: "stories" },
  { name: "progress", href: "/progress", label: "My progress", icon: "progress" },
  { name: "data", href: "/data", label: "My data", icon: "data" },
];

/**
 * @typedef {object} Shell
 * @property {(unsaved: number) => void} saved how many tries the database does not hold yet
 */

/**
 * Puts the header into the page.
 * @param {string} page name of this page, to be marked among the tabs
 * @param {{focused?: boolean}} [options] `focused` leaves the tabs out on small screens
 * @returns {Shell}
 */
export function openShell(page, { focused = false } = {}) {
  const badge = h("span", { class: "chip", id: "saved", role: "status" });
  const header = h(
    "header",
    { class: `shell${focused ? " focused" : ""}` },
    h(
      "div",
      { class: "shell-row" },
      h("a", { class: "brand", href: "/" }, brandMark(), "StorySign"),
      h("nav", { class: "tabs", "aria-label": "Pages" }, ...PAGES.map((entry) => tab(entry, page))),
      h("div", { class: "shell-state" }, badge),
    ),
  );
  const skip = h("a", { class: "skip-link", href: "#main" }, "Go to the content");
  document.body.prepend(skip, header);
  const shell = { saved: (/** @type {number} */ unsaved) => showSaved(badge, unsaved) };
  shell.saved(0);
  return shell;
}

/**
 * @param {(typeof PAGES)[number]} entry
 * @param {string} page
 */
function tab({ name, href, label, icon: drawing }, page) {
  return h("a", { href, "aria-current": name === page && "page" }, icon(drawing), label);
}

/**
 * @param {HTMLElement} badge
 * @param {number} unsaved
 */
function showSaved(badge, unsaved) {
  if (badge.dataset.unsaved === String(unsaved)) return;
  badge.dataset.unsaved = String(unsaved);
  badge.className = `chip ${unsaved ? "tone-almost" : "tone-good"}`;
  badge.replaceChildren(
    icon(unsaved ? "unsaved" : "saved"),
    unsaved ? `${counted(unsaved, "try", "tries")} not saved yet` : "All saved",
  );
}
