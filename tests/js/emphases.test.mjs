import assert from "node:assert/strict";
import { test } from "node:test";

import { emphasesAt } from "../../server/web/ui/emphases.js";

const finding = {
  kind: "correction",
  hand: "right",
  joints: [5, 6],
  start_ms: 100,
  end_ms: 200,
};

test("exactly the joints that a finding names are set off, while its time lasts", () => {
  assert.deepEqual(emphasesAt([finding], 100), [{ hand: "right", joints: [5, 6] }]);
  assert.deepEqual(emphasesAt([finding], 200), [{ hand: "right", joints: [5, 6] }]);
  assert.deepEqual(emphasesAt([finding], 99), []);
  assert.deepEqual(emphasesAt([finding], 201), []);
});

test("both hands have the joints that both are named for", () => {
  const both = { ...finding, hand: "both", joints: [0] };
  assert.deepEqual(emphasesAt([both, finding], 150), [
    { hand: "left", joints: [0] },
    { hand: "right", joints: [0] },
    { hand: "right", joints: [5, 6] },
  ]);
});

test("praise, findings without joints and those about no hand set nothing off", () => {
  const others = [
    { ...finding, kind: "praise" },
    { ...finding, joints: [] },
    { ...finding, hand: null },
  ];
  assert.deepEqual(emphasesAt(others, 150), []);
});
