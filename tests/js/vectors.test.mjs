// The JavaScript client is held to the vectors that the Python one has written.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodeServer, encode, packLandmarks, unpackLandmarks } from "../../server/web/client/codec.js";
import { ERRORS, LAYOUTS, MISSING } from "../../server/web/client/constants.js";
import { ProtocolError } from "../../server/web/client/errors.js";
import { play } from "./scenarios.mjs";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf-8"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

describe("landmarks are packed to the same bytes", () => {
  for (const vector of vectors("landmarks")) {
    const layout = LAYOUTS[vector.layout];
    const landmarks = Float32Array.from(vector.landmarks, (value) => value ?? NaN);
    test(vector.layout, () => assert.equal(hex(packLandmarks(landmarks, layout)), vector.hex));
    test(`${vector.layout}, and back again`, () => {
      const packed = Buffer.from(vector.hex, "hex");
      const unpacked = unpackLandmarks(packed, layout);
      assert.equal(hex(packLandmarks(unpacked, layout)), vector.hex);
      const missing = vector.landmarks.map((value) => value === null);
      assert.deepEqual([...unpacked].map(Number.isNaN), missing, "a point that was not seen stays unseen");
    });
  }
  test("an infinite number is refused", () => {
    const landmarks = new Float32Array(LAYOUTS.hands.points * 3).fill(Infinity);
    assert.throws(() => packLandmarks(landmarks, LAYOUTS.hands), {
      code: 1101,
    });
  });
  test("half a frame is refused", () => {
    assert.throws(() => packLandmarks(new Float32Array(5), LAYOUTS.hands), {
      code: 1100,
    });
    assert.throws(() => unpackLandmarks(new Uint8Array(5), LAYOUTS.hands), {
      code: 1100,
    });
  });
  test("the reserved value is out of reach of numbers", () => {
    const landmarks = new Float32Array(LAYOUTS.hands.points * 3).fill(-1e30);
    assert.ok(!new Int16Array(packLandmarks(landmarks, LAYOUTS.hands).buffer).includes(MISSING));
  });
});

test("messages have the same bytes, and are read as what they were", () => {
  for (const { direction, message, hex: bytes } of vectors("messages")) {
    const toSend = "l" in message ? { ...message, l: new Uint8Array(Buffer.from(message.l.hex, "hex")) } : message;
    if (direction === "client") assert.equal(hex(encode(toSend)), bytes, message.t);
    else assert.deepEqual(decodeServer(new Uint8Array(Buffer.from(bytes, "hex"))), message);
  }
});

test("messages of the server are read alike, and refused alike", () => {
  for (const { bytes, message, error } of vectors("server_messages")) {
    const data = new Uint8Array(Buffer.from(bytes, "hex"));
    if (error === undefined) {
      assert.deepEqual(decodeServer(data), message);
    } else {
      assert.throws(
        () => decodeServer(data),
        (thrown) =>
          thrown instanceof ProtocolError && assert.equal(ERRORS[thrown.code].name, error, bytes) === undefined,
      );
    }
  }
});

describe("a session goes the same way", () => {
  for (const scenario of vectors("sessions")) {
    test(scenario.name, () => {
      play(scenario).forEach((outcome, index) => {
        assert.deepEqual(outcome, scenario.outcomes[index], `step ${index}: ${JSON.stringify(scenario.steps[index])}`);
      });
    });
  }
});
