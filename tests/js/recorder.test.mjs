// Frames of the attempt that is recording: their times, and how many travel together.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Recorder } from "../../server/web/client/recorder.js";
import { Rate } from "../../server/web/landmarks/rate.js";

const frame = (value) => new Float32Array([value, value]);

/** Adds frames at an even pace and returns how many went together each time. */
function together(everyMs, count) {
  const recorder = new Recorder();
  recorder.begin(1, 0);
  const sizes = [];
  for (let index = 1; index <= count; index += 1) {
    const nowMs = index * everyMs;
    if (recorder.add(frame(index), nowMs, nowMs) === "due") sizes.push(recorder.take(nowMs).timesMs.length);
  }
  return sizes;
}

test("frames of a quick camera travel in threes, those of a slow one alone", () => {
  assert.deepEqual(together(33, 7), [1, 3, 3]);
  assert.deepEqual(together(16, 10), [1, 3, 3, 3]);
  assert.deepEqual(together(50, 5), [1, 2, 2]);
  assert.deepEqual(together(200, 3), [1, 1, 1]);
});

describe("a frame", () => {
  test("has its time since the attempt began, in whole milliseconds", () => {
    const recorder = new Recorder();
    recorder.begin(1, 1_000);
    recorder.add(frame(1), 1_033.4, 1_040);
    recorder.add(frame(2), 1_066.7, 1_070);
    const taken = recorder.take(1_070);
    assert.deepEqual(taken.timesMs, [33, 67]);
    assert.deepEqual([...taken.landmarks], [1, 1, 2, 2]);
    assert.equal(recorder.take(1_071), null);
    assert.equal(recorder.sinceAddedMs({ a: 1, q: 1 }, 1_100), 30);
    assert.equal(recorder.sinceAddedMs({ a: 1, q: 2 }, 1_100), null);
    assert.equal(recorder.sinceAddedMs({ a: 2, q: 1 }, 1_100), null);
  });

  test("from before the attempt, or of a picture that was there, is skipped", () => {
    const recorder = new Recorder();
    recorder.begin(1, 1_000);
    assert.equal(recorder.add(frame(1), 990, 1_040), "skipped");
    assert.notEqual(recorder.add(frame(1), 1_010, 1_041), "skipped");
    assert.equal(recorder.add(frame(1), 1_010.2, 1_042), "skipped");
  });

  test("beyond the longest attempt is not taken", () => {
    const recorder = new Recorder();
    recorder.begin(1, 0);
    assert.notEqual(recorder.add(frame(1), 120_000, 120_000), "full");
    assert.equal(recorder.add(frame(1), 120_001, 120_001), "full");
    recorder.begin(1, 200_000);
    assert.equal(recorder.add(frame(1), 200_010, 200_010), "due");
  });
});

test("the rate is that of the last second", () => {
  const rate = new Rate();
  const told = [];
  for (let nowMs = 0; nowMs <= 3_000; nowMs += 250) told.push(rate.add(nowMs, 40));
  assert.deepEqual(
    told.filter((figures) => figures !== null),
    Array(3).fill({ fps: 4, detectMs: 40 }),
  );
});
