/** Draws a signer from landmarks: either a calm figure on an empty ground, or thin lines over the camera's picture. */

import { Pen } from "./pen.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./frame.js").Side} Side */
/** @typedef {import("./pen.js").View} View */

/**
 * What is to be set off in a figure: these of the 21 joints of a hand, in a colour and with a ring, for who sees no colours.
 * @typedef {{hand: Side, joints: readonly number[]}} Emphasis
 */

/** @typedef {Readonly<Record<"body" | "limb" | "left" | "right" | "off" | "halo", string>>} Colours */

const FINGERS = [
  [0, 1, 2, 3, 4],
  [0, 5, 6, 7, 8],
  [5, 9, 10, 11, 12],
  [9, 13, 14, 15, 16],
  [13, 17, 18, 19, 20],
  [17, 0],
];
const PALM = [0, 1, 5, 9, 13, 17];
const FINGERS_ALONE = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
  [9, 10, 11, 12],
  [13, 14, 15, 16],
  [17, 18, 19, 20],
];
const ALL_JOINTS = Array.from({ length: 21 }, (_, joint) => joint);
const NOSE = 0;
const MOUTH = [9, 10];
const EYES = [2, 5];
const EARS = [7, 8];
const HIPS = [23, 24];
/** Shoulder, elbow and wrist of the signer's own arms. */
const ARMS = /** @type {const} */ ({ left: [11, 13, 15], right: [12, 14, 16] });
/** @type {readonly Side[]} */
const SIDES = ["left", "right"];

/**
 * The colours of the page for figures, light or dark.
 * @param {Element} element
 * @returns {Colours}
 */
export function figureColours(element) {
  const style = getComputedStyle(element);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--figure-${name}`).trim();
  return {
    body: colour("body"),
    limb: colour("limb"),
    left: colour("left"),
    right: colour("right"),
    off: colour("off"),
    halo: style.getPropertyValue("--sunken").trim(),
  };
}

/**
 * A whole signer on an empty ground: head, trunk, arms, and hands with thick fingers.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {View} view
 * @param {Colours} colours
 * @param {readonly Emphasis[]} [emphases]
 */
export function drawSigner(context, frame, view, colours, emphases = []) {
  const pen = new Pen(context, view);
  const width = shoulderWidth(frame, view);
  if (width) {
    drawTrunk(pen, frame, width, colours);
    for (const side of SIDES) drawArm(pen, frame, side, width * 0.17, colours.limb);
    drawHead(pen, frame, width, colours);
  }
  for (const side of SIDES) {
    const size = handSize(frame, side, view);
    if (size) drawHand(pen, frame, side, Math.max(2, size * 0.17), colours, emphases);
  }
}

/**
 * Thin lines over a picture; they have a dark edge, so that they are seen on any ground.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {View} view
 * @param {Colours} colours
 */
export function drawOverlay(context, frame, view, colours) {
  const pen = new Pen(context, view);
  const thickness = Math.max(1.5, Math.abs(view.scaleX) / 220);
  for (const [colour, width] of /** @type {const} */ ([
    ["rgb(8 15 17 / 55%)", thickness * 2.4],
    ["#ffffff", thickness],
  ])) {
    pen.line([frame.pose(11), frame.pose(12)], width, colour);
    for (const side of SIDES) drawArm(pen, frame, side, width, colour);
  }
  for (const side of SIDES) {
    if (!frame.hasHand(side)) continue;
    for (const finger of FINGERS)
      pen.line(
        finger.map((joint) => frame.hand(side, joint)),
        thickness * 3,
        "rgb(8 15 17 / 60%)",
      );
    for (const finger of FINGERS)
      pen.line(
        finger.map((joint) => frame.hand(side, joint)),
        thickness * 1.5,
        colours[side],
      );
    for (const joint of ALL_JOINTS) pen.dot(frame.hand(side, joint), thickness * 1.2, "#ffffff");
  }
}

/**
 * One hand alone, as large as the canvas allows: finger spelling is read from the fingers.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {Side} side
 * @param {View} view
 * @param {Colours} colours
 * @param {readonly Emphasis[]} [emphases]
 */
export function drawHandAlone(context, frame, side, view, colours, emphases = []) {
  const size = handSize(frame, side, view);
  if (size) drawHand(new Pen(context, view), frame, side, Math.max(2, size * 0.15), colours, emphases);
}

/**
 * @param {Pen} pen
 * @param {Frame} frame
 * @param {number} width between the shoulders, pixels
 * @param {Colours} colours
 */
function drawTrunk(pen, frame, width, colours) {
  const [left, right] = [frame.pose(11), frame.pose(12)];
  const [leftHip, rightHip] = [frame.pose(HIPS[0] ?? 0), frame.pose(HIPS[1] ?? 0)];
  if (!left || !right) return;
  const drop = Math.abs(width / pen.view.scaleY) * 1.6;
  /** @type {[number, number]} */
  const below = leftHip ?? [left[0] * 0.92 + right[0] * 0.08, left[1] + drop];
  /** @type {[number, number]} */
  const belowRight = rightHip ?? [right[0] * 0.92 + left[0] * 0.08, right[1] + drop];
  pen.area([left, right, belowRight, below], width * 0.26, colours.body);
}

/**
 * @param {Pen} pen
 * @param {Frame} frame
 * @param {number} width
 * @param {Colours} colours
 */
function drawHead(pen, frame, width, colours) {
  const nose = frame.pose(NOSE);
  if (!nose) return;
  const [leftEar, rightEar] = EARS.map((ear) => frame.pose(ear));
  /** @type {[number, number]} */
  const middle = leftEar && rightEar ? [(leftEar[0] + rightEar[0]) / 2, (leftEar[1] + rightEar[1]) / 2] : nose;
  const [left, right] = [frame.pose(11), frame.pose(12)];
  if (left && right)
    pen.line([middle, [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2]], width * 0.22, colours.body);
  pen.oval(middle, width * 0.27, width * 0.35, colours.limb);
  for (const eye of EYES) pen.dot(frame.pose(eye), width * 0.022, colours.halo);
  pen.line(
    MOUTH.map((corner) => frame.pose(corner)),
    width * 0.025,
    colours.halo,
  );
}

/**
 * @param {Pen} pen
 * @param {Frame} frame
 * @param {Side} side
 * @param {number} width
 * @param {string} colour
 */
function drawArm(pen, frame, side, width, colour) {
  const [shoulder, elbow, wrist] = ARMS[side].map((joint) => frame.pose(joint));
  pen.line([shoulder ?? null, elbow ?? null, frame.hand(side, 0) ?? wrist ?? null], width, colour);
}

/**
 * @param {Pen} pen
 * @param {Frame} frame
 * @param {Side} side
 * @param {number} width of a finger, pixels
 * @param {Colours} colours
 * @param {readonly Emphasis[]} emphases
 */
function drawHand(pen, frame, side, width, colours, emphases) {
  const at = (/** @type {number} */ joint) => frame.hand(side, joint);
  const farthestFirst = [PALM, ...FINGERS_ALONE].sort(
    (one, other) => frame.depth(side, other) - frame.depth(side, one),
  );
  pen.area(PALM.map(at), width * 1.5, colours.halo);
  for (const finger of FINGERS_ALONE) pen.line(finger.map(at), width * 1.5, colours.halo);
  for (const part of farthestFirst) {
    if (part === PALM) pen.area(part.map(at), width * 1.1, colours[side]);
    else {
      pen.line(part.map(at), width * 1.35, colours.halo);
      pen.line(part.map(at), width, colours[side]);
    }
  }
  for (const { hand, joints } of emphases) {
    if (hand !== side) continue;
    for (const joint of joints) pen.ring(at(joint), width * 0.62, colours.off, colours.halo);
  }
}

/**
 * Size of a hand on the canvas, from wrist to the root of the middle finger; 0 where it was not seen.
 * @param {Frame} frame
 * @param {Side} side
 * @param {View} view
 */
function handSize(frame, side, view) {
  const [wrist, root] = [frame.hand(side, 0), frame.hand(side, 9)];
  const [index, little] = [frame.hand(side, 5), frame.hand(side, 17)];
  if (!wrist || !root || !index || !little) return 0;
  return Math.max(distance(wrist, root, view), distance(index, little, view));
}

/**
 * @param {Frame} frame
 * @param {View} view
 */
function shoulderWidth(frame, view) {
  const [left, right] = [frame.pose(11), frame.pose(12)];
  return left && right ? distance(left, right, view) : 0;
}

/**
 * @param {[number, number]} one
 * @param {[number, number]} other
 * @param {View} view
 */
function distance(one, other, view) {
  return Math.hypot((one[0] - other[0]) * view.scaleX, (one[1] - other[1]) * view.scaleY);
}
