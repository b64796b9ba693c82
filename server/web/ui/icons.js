/** Our own line drawings, 24 × 24; decoration only, so they are hidden from screen readers. */

import { s } from "./dom.js";

const PATHS = {
  stories: "M4 5.5C6.5 4.5 9.5 4.8 12 6.5c2.5-1.7 5.5-2 8-1v13c-2.5-1-5.5-.7-8 1-2.5-1.7-5.5-2-8-1zM12 6.5v13",
  progress: "M4 19.5h16M7 16v-4M12 16V6M17 16V9",
  data: "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 12l2.2 2.2L15.2 10",
  camera:
    "M4.5 7.5h8.7a1.8 1.8 0 0 1 1.8 1.8v5.4a1.8 1.8 0 0 1-1.8 1.8H4.5a1.8 1.8 0 0 1-1.8-1.8V9.3a1.8 1.8 0 0 1 1.8-1.8zM15 11l6-3v8l-6-3",
  good: "M5 12.5l4.5 4.5L19 7.5",
  almost: "M4 12.5c2.5-4 5.5-4 8 0s5.5 4 8 0",
  off: "M12 5v9M12 18.4v.2",
  unknown: "M6.5 12h11",
  saved: "M7 18.5a4.5 4.5 0 0 1-.4-9A6 6 0 0 1 18 10.6a4 4 0 0 1-.6 7.9zM9.5 13.5l2 2 3.4-3.7",
  unsaved: "M7 18.5a4.5 4.5 0 0 1-.4-9A6 6 0 0 1 18 10.6a4 4 0 0 1-.6 7.9zM12 11v3M12 16.3v.1",
  offline:
    "M3 3l18 18M8.5 15.5a5 5 0 0 1 4.4-1.4M5 12a10 10 0 0 1 5-2.8M2.5 8.6A14.5 14.5 0 0 1 6.6 6M14 6.2a14.5 14.5 0 0 1 7.5 2.4M12 19.4v.1",
  waiting: "M12 6.5V12l3.5 2M21 12a9 9 0 1 1-9-9 9 9 0 0 1 9 9z",
  tabs: "M8 8V5.5A1.5 1.5 0 0 1 9.5 4h9A1.5 1.5 0 0 1 20 5.5v9a1.5 1.5 0 0 1-1.5 1.5H16M5.5 8h9A1.5 1.5 0 0 1 16 9.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 4 18.5v-9A1.5 1.5 0 0 1 5.5 8z",
  eye: "M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12zM12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  again: "M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.5 4v4.5H15",
  next: "M5 12h14M13 6l6 6-6 6",
  back: "M19 12H5M11 6l-6 6 6 6",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 6v12M15.5 6v12",
  light:
    "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M18.4 5.6l-1.1 1.1M6.7 17.3l-1.1 1.1",
  distance: "M4 6v12M20 6v12M7.5 12h9M10 9.5L7.5 12l2.5 2.5M14 9.5l2.5 2.5-2.5 2.5",
  hands:
    "M7 21v-4.5L4.6 12a1.3 1.3 0 0 1 2.3-1.3L8.5 13V5.2a1.25 1.25 0 0 1 2.5 0V11m0-6.8a1.25 1.25 0 0 1 2.5 0V11m0-5.3a1.25 1.25 0 0 1 2.5 0v6m0-3.2a1.25 1.25 0 0 1 2.5 0V15c0 2-1 3-2 4v2",
  turn: "M4 12a8 8 0 0 1 13.7-5.7L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.7L4 15.5M4 20v-4.5h4.5",
  place:
    "M12 21c4.2-4.4 6.3-7.8 6.3-10.5A6.3 6.3 0 0 0 5.7 10.5C5.7 13.2 7.8 16.6 12 21zM12 8.2a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6z",
  path: "M4 17c3 0 3-9 7-9s3 8 8 6M16 10.8l3.4 3.1-3.6 2.9",
  streak:
    "M12 3c.6 3.2 5.5 5.3 5.5 10.2A5.5 5.5 0 0 1 12 20.5a5.5 5.5 0 0 1-5.5-5.7c0-2 1-3.6 2.3-4.9.2 1.5 1 2.4 2 2.6C10.2 9.5 10.4 6 12 3z",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
  remove: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 11v5M13.5 11v5",
  stop: "M7 7h10v10H7z",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const drawing = s("path", { d: PATHS[name] });
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, drawing);
}

/**
 * The mark of StorySign: an open hand that rises from a book.
 * @returns {SVGElement}
 */
export function brandMark() {
  const stroke = { fill: "none", stroke: "currentColor", "stroke-width": 2.6, "stroke-linecap": "round" };
  return s(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    s("path", { ...stroke, d: "M9 17V10M13.5 15V5.5M18 15V4.5M22.5 16.5V8M4.5 14.5l3 5.5" }),
    s("path", { ...stroke, "stroke-linejoin": "round", d: "M4 24.5c4-1.6 8.5-1.4 12 1 3.5-2.4 8-2.6 12-1" }),
  );
}
