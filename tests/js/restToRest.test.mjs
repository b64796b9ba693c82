// The rule from rest to rest; `tests/unit/test_scoring_rest_vectors.py` holds the server's to the same vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { LAYOUTS } from "../../server/web/client/constants.js";
import { Frame } from "../../server/web/ui/frame.js";
import { HandsFree } from "../../server/web/ui/handsFree.js";
import { REST_HEIGHT, REST_MS, RestToRest, SHORTEST_MS, handRaised } from "../../server/web/ui/restToRest.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/rest_to_rest.json", import.meta.url), "utf-8"));
const LAYOUT = "hands+pose";
const startOf = (name) => LAYOUTS[LAYOUT].blocks.find((block) => block.name === name).start;

test("the measures of the rule", () => {
  assert.deepEqual(
    [REST_HEIGHT, REST_MS, SHORTEST_MS],
    [vectors.rest_height_shoulder_widths, vectors.rest_ms, vectors.shortest_ms],
  );
});

for (const { what, moments, spans, under_way_since_ms } of vectors.sequences) {
  test(`from rest to rest: ${what}`, () => {
    const watch = new RestToRest();
    const found = moments.map(([timeMs, raised]) => watch.push(timeMs, raised)).filter((span) => span !== null);
    assert.deepEqual(
      found.map(({ startMs, endMs }) => [startMs, endMs]),
      spans,
    );
    assert.equal(watch.beganMs, under_way_since_ms);
  });
}

for (const { what, width, height, raised, ...places } of vectors.places) {
  test(`a raised hand: ${what}`, () => {
    const frame = new Frame(landmarksOf(places), LAYOUT);
    assert.equal(handRaised(frame, width / height), raised);
  });
}

const UP = landmarksOf({ left_shoulder: [0.6, 0.4], right_shoulder: [0.4, 0.4], palm: [0.5, 0.5] });
const DOWN = landmarksOf({ left_shoulder: [0.6, 0.4], right_shoulder: [0.4, 0.4], palm: [0.5, 0.95] });

test("a try begins with the first frame in which hands were up, once they were up long enough", () => {
  const handsFree = new HandsFree(LAYOUT);
  const push = (capturedMs, landmarks) => handsFree.push({ landmarks, capturedMs }, 4 / 3);
  assert.equal(push(0, DOWN), null);
  for (const capturedMs of [100, 200, 300]) assert.equal(push(capturedMs, UP), null);
  const first = push(400, UP);
  assert.deepEqual(
    first.map(({ capturedMs }) => capturedMs),
    [100, 200, 300, 400],
  );
});

test("hands that are up already have to come down first", () => {
  const handsFree = new HandsFree(LAYOUT);
  const push = (capturedMs, landmarks) => handsFree.push({ landmarks, capturedMs }, 4 / 3);
  for (let capturedMs = 0; capturedMs < 2000; capturedMs += 100) assert.equal(push(capturedMs, UP), null);
  assert.equal(push(2000, DOWN), null);
  assert.equal(push(2100, UP), null);
  assert.notEqual(push(2400, UP), null);
  handsFree.wait();
  for (let capturedMs = 2500; capturedMs < 4000; capturedMs += 100) assert.equal(push(capturedMs, UP), null);
});

/** A signer whose right hand is at a place; the rest was not seen. */
function landmarksOf({ left_shoulder, right_shoulder, palm }) {
  const landmarks = new Float32Array(LAYOUTS[LAYOUT].points * 3).fill(NaN);
  const pose = startOf("pose");
  if (left_shoulder) landmarks.set([...left_shoulder, 0], 3 * (pose + 11));
  if (right_shoulder) landmarks.set([...right_shoulder, 0], 3 * (pose + 12));
  for (let joint = 0; joint < 21; joint += 1) landmarks.set([...palm, 0], 3 * (startOf("right_hand") + joint));
  return landmarks;
}
