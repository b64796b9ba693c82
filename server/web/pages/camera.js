/** Camera check, once before the first practice: camera, light, distance, and a hand that is seen. */

import { keepForOffline } from "../client/offline.js";
import { CameraDesk } from "../ui/cameraDesk.js";
import { distanceCheck, handsCheck, lightCheck } from "../ui/cameraChecks.js";
import { byId, fill, h } from "../ui/dom.js";
import { switchOf } from "../ui/ghost.js";
import { icon } from "../ui/icons.js";
import { notice, waiting } from "../ui/notice.js";
import { prefer, preferences } from "../ui/prefs.js";
import { openShell } from "../ui/shell.js";
import { Stage } from "../ui/stage.js";

/** @typedef {import("../ui/cameraChecks.js").Check} Check */
/** @typedef {import("../landmarks/landmarker.js").LandmarkFrame} LandmarkFrame */

const STEADY_FRAMES = 3;
const MOST_STEADY = 6;
const query = new URLSearchParams(location.search);
const next = query.has("story") || query.has("session") || query.has("glosses") ? `/practice?${query}` : "/";

const rows = [
  {
    name: "camera",
    icon: /** @type {const} */ ("camera"),
    label: "Camera",
    find: () => ({ good: true, text: "The camera works." }),
    once: true,
  },
  { name: "light", icon: /** @type {const} */ ("light"), label: "Light", find: lightCheck, once: false },
  { name: "distance", icon: /** @type {const} */ ("distance"), label: "Distance", find: distanceCheck, once: false },
  { name: "hands", icon: /** @type {const} */ ("hands"), label: "Hands", find: handsCheck, once: true },
].map((row) => ({ ...row, steady: 0, ...check(row.label, row.icon) }));

openShell("stories", { focused: true });
const camera = new CameraDesk();
const stage = new Stage("hands+pose");
const go = h(
  "a",
  { class: "button large", href: next, onclick: () => prefer({ cameraChecked: true }) },
  "Skip",
  icon("next"),
);
const advice = h("p", { class: "controls-text", role: "status" });

fill(
  byId("main"),
  h(
    "header",
    { class: "page-head" },
    h("h1", {}, "Check your camera"),
    h(
      "p",
      { class: "lead" },
      "Takes a moment. Pictures stay on this device: only the points of hands and arms are sent.",
    ),
  ),
  h(
    "div",
    { class: "practice-grid" },
    h(
      "div",
      { class: "practice-main" },
      stage.element,
      h("div", { class: "controls" }, advice, h("div", { class: "controls-buttons" }, go)),
    ),
    h(
      "div",
      { class: "practice-side" },
      h("ul", { class: "checks", "aria-label": "Checks" }, ...rows.map((row) => row.element)),
      h(
        "div",
        { class: "card" },
        switchOf(
          "I sign with my",
          [
            ["left", "Left hand"],
            ["right", "Right hand"],
          ],
          preferences().hand,
          (hand) => prefer({ hand: hand === "left" ? "left" : "right" }),
        ),
      ),
    ),
  ),
);
camera.on("state", show);
camera.on("frame", look);
addEventListener("pagehide", () => camera.close());
void keepForOffline();
void camera.open();

function show() {
  const { state } = camera;
  document.body.dataset.camera = state;
  if (camera.camera && !camera.camera.video.isConnected)
    stage.showVideo(camera.camera.video, camera.camera.width / camera.camera.height);
  if (state === "ready" || state === "closed") stage.cover();
  else if (state === "asking") stage.cover(waiting("camera", "Allow the camera", "Your browser asks for it."));
  else if (state === "loading")
    stage.cover(waiting("hands", "Getting ready …", "The first time takes a little longer."));
  else stage.cover(notice(state, { actions: [{ label: "Try again", act: () => void camera.open(), primary: true }] }));
}

/** @param {LandmarkFrame} frame */
function look(frame) {
  stage.showLandmarks(frame.landmarks);
  for (const row of rows) {
    // What has been seen once need not stay: the hand comes down to press the button.
    if (row.once && row.steady >= STEADY_FRAMES) continue;
    const { good, text } = row.find(frame);
    row.steady = good ? Math.min(MOST_STEADY, row.steady + 1) : Math.max(0, row.steady - 1);
    row.tell(row.steady >= STEADY_FRAMES, text);
  }
  const open = rows.find((row) => row.steady < STEADY_FRAMES);
  const missing = open?.find(frame);
  const text = !missing ? "All is well. You can start." : missing.good ? "One moment …" : missing.text;
  if (advice.textContent !== text) advice.textContent = text;
  go.classList.toggle("primary", !open);
  document.body.dataset.checked = String(!open);
  const word = open ? "Skip" : "Start";
  if (go.firstChild?.textContent !== word) fill(go, word, icon("next"));
}

/**
 * @param {string} label
 * @param {import("../ui/icons.js").IconName} drawing
 */
function check(label, drawing) {
  const text = h("span", { class: "soft small" }, "…");
  const chip = h("span", { class: "chip" });
  const element = h(
    "li",
    { class: "check" },
    icon(drawing),
    h("span", {}, h("strong", {}, label), h("br"), text),
    chip,
  );
  /** @type {boolean | null} */
  let shown = null;
  const tell = (/** @type {boolean} */ good, /** @type {string} */ words) => {
    if (text.textContent !== words) text.textContent = words;
    if (good === shown) return;
    shown = good;
    chip.className = `chip tone-${good ? "good" : "almost"}`;
    fill(chip, icon(good ? "good" : "off"), good ? "Good" : "Not yet");
  };
  fill(chip, icon("unknown"), "Not yet");
  return { element, tell };
}
