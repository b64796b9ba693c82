// What the browser keeps: all of a step or none of it, by the page that owns the session, until it is durable elsewhere.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { AttemptStore, TakenOver } from "../../server/web/client/attemptStore.js";
import { IDBFactory, IDBKeyRange } from "../../server/web/node_modules/fake-indexeddb/build/esm/index.js";

const RECORD = {
  id: "s1",
  title: "Hello",
  storyId: null,
  sentences: [{ text: "Hello", glosses: ["HELLO"] }],
  hello: {
    t: "hello",
    v: 1,
    layout: "hands",
    width: 640,
    height: 480,
    mirrored: false,
    fps: 30,
    client: "",
    oldest: null,
  },
  nextAttempt: 1,
  status: "created",
  completing: false,
  owner: "first",
  openedAtMs: 1_000,
};
const attempt = (number, outcome = "recording") => ({
  number,
  sentenceIndex: 0,
  atMs: 5_000,
  outcome,
});
const frames = (number, firstSeq, bytes) => ({
  number,
  firstSeq,
  timesMs: bytes.map((_, index) => 33 * (firstSeq + index)),
  packed: Uint8Array.from(bytes),
});

/** @type {AttemptStore} */
let store;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  globalThis.IDBKeyRange = IDBKeyRange;
  store = await AttemptStore.open();
  await store.add({ ...RECORD });
});

const write = (change, owner = "first", id = "s1") => store.write(id, owner, change);

describe("a session that is taken over", () => {
  test("has its attempts with all their frames, in order", async () => {
    await write({ attempt: attempt(1), session: { nextAttempt: 2 } });
    await write({ frames: frames(1, 0, [1, 2, 3]) });
    await write({ frames: frames(1, 3, [4]) });
    await write({ attempt: attempt(1, "ended") });
    for (let number = 2; number <= 11; number += 1) await write({ attempt: attempt(number) });
    await write({ frames: frames(10, 0, [9]) });

    const { record, attempts } = await store.takeOver("s1", "second");

    assert.equal(record.nextAttempt, 2);
    assert.deepEqual(
      attempts.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    );
    assert.deepEqual(attempts.map(({ outcome, timesMs, frames }) => [outcome, timesMs, [...frames]]).slice(0, 2), [
      ["ended", [0, 33, 66, 99], [1, 2, 3, 4]],
      ["recording", [], []],
    ]);
    assert.deepEqual([...attempts[9].frames], [9]);
  });

  test("is written by its new owner alone, and nothing of the old one's step is", async () => {
    await store.takeOver("s1", "second");
    await assert.rejects(write({ attempt: attempt(1), session: { nextAttempt: 9 } }), TakenOver);
    await write({ attempt: attempt(2) }, "second");

    const { record, attempts } = await store.takeOver("s1", "third");

    assert.deepEqual([record.nextAttempt, attempts.map(({ number }) => number)], [1, [2]]);
  });

  test("is null where it is not kept", async () => assert.equal(await store.takeOver("s2", "second"), null));
});

test("what is durable elsewhere is let go, of this session only", async () => {
  await store.add({ ...RECORD, id: "s2", openedAtMs: 2_000 });
  for (const id of ["s1", "s2"]) {
    for (const number of [1, 2, 3]) {
      await write({ attempt: attempt(number, "ended") }, "first", id);
      await write({ frames: frames(number, 0, [number]) }, "first", id);
    }
  }
  await write({ forgetThrough: 2 });

  const sessions = await store.sessions();
  const { attempts } = await store.takeOver("s1", "second");

  assert.deepEqual(
    sessions.map(({ id, unsaved }) => [id, unsaved]),
    [
      ["s2", [1, 2, 3]],
      ["s1", [3]],
    ],
  );
  assert.deepEqual(
    attempts.map(({ number, frames }) => [number, [...frames]]),
    [[3, [3]]],
  );
});

test("of a cancelled attempt only the number is kept, and it counts no more", async () => {
  await write({ attempt: attempt(1) });
  await write({ frames: frames(1, 0, [1]) });
  await write({ attempt: attempt(1, "cancelled"), dropFramesOf: 1 });

  const [session] = await store.sessions();
  const { attempts } = await store.takeOver("s1", "second");

  assert.deepEqual(session.unsaved, []);
  assert.deepEqual(
    attempts.map(({ outcome, frames }) => [outcome, frames.length]),
    [["cancelled", 0]],
  );
});

test("a session that is forgotten leaves nothing", async () => {
  await write({ attempt: attempt(1) });
  await write({ frames: frames(1, 0, [1]) });
  await store.forget("s1");

  assert.deepEqual(await store.sessions(), []);
  await assert.rejects(write({ attempt: attempt(2) }), TakenOver);
});
