// The signer's own hands: by the body's wrists where they tell, else by the detector's label.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assignHands } from "../../server/web/landmarks/hands.js";

const ASPECT = 640 / 480;

/** A signer who faces the camera: the left side is on the picture's right. */
function body(leftWrist, rightWrist) {
  const pose = new Float32Array(33 * 3).fill(0.5);
  for (const [point, [x, y]] of [
    [11, [0.6, 0.4]],
    [12, [0.4, 0.4]],
    [15, leftWrist],
    [16, rightWrist],
  ]) {
    pose.set([x, y, 0], 3 * point);
  }
  return pose;
}

function hand(x, y, rightProbability) {
  const points = new Float32Array(63);
  points.set([x, y, 0]);
  return { points, world: new Float32Array(63), rightProbability };
}

test("a wrong label does not move a hand to the other arm", () => {
  const one = hand(0.7, 0.7, 0.95);
  assert.deepEqual(assignHands([one], body([0.7, 0.7], [0.3, 0.7]), ASPECT), {
    left: one,
  });
});

test("two hands never share a side", () => {
  const [one, other] = [hand(0.7, 0.7, 0.9), hand(0.3, 0.7, 0.9)];
  assert.deepEqual(assignHands([one, other], body([0.7, 0.7], [0.3, 0.7]), ASPECT), { left: one, right: other });
  assert.deepEqual(assignHands([other, one], body([0.7, 0.7], [0.3, 0.7]), ASPECT), { left: one, right: other });
});

test("where both wrists are near, the label decides", () => {
  const [one, other] = [hand(0.5, 0.5, 0.9), hand(0.5, 0.5, 0.1)];
  assert.deepEqual(assignHands([one, other], body([0.5, 0.5], [0.5, 0.5]), ASPECT), { left: other, right: one });
});

test("without a body the label decides", () => {
  const one = hand(0.5, 0.5, 0.2);
  assert.deepEqual(assignHands([one], null, ASPECT), { left: one });
  assert.deepEqual(assignHands([], null, ASPECT), {});
});
