// Plays scenarios for the Python tests: a line of JSON in, a line of JSON out.

import { createInterface } from "node:readline";
import { play } from "./scenarios.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(play(JSON.parse(line)))}\n`);
}
