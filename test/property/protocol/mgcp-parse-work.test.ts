/**
 * The work that the parser can be made to do, in counted steps per byte. Within a regular expression a step is a
 * character of its text: those of the parser are anchored or single characters, and none repeats a repetition
 * ambiguously.
 */
import { afterAll, expect, test } from "vitest";
import { CountedBuild, countSteps } from "../../support/counted-steps.js";

const encoder = new TextEncoder();

const commandLine = "RQNT 1 aaln/1@gw MGCP 1.0\r\n";

/** Texts of any length that a parser may be made to go over again and again by. */
const shapes: readonly (readonly [string, (length: number) => string])[] = [
  ["one line of spaces", (length) => " ".repeat(length)],
  ["words in the first line", (length) => "A ".repeat(length / 2)],
  ["empty lines", (length) => "\n".repeat(length)],
  ["dots", (length) => ".\n".repeat(length / 2)],
  ["lines without a colon", (length) => commandLine + "a\n".repeat(length / 2)],
  ["lines of a vendor", (length) => commandLine + "X-a:\n".repeat(length / 5)],
  ["endpoints", (length) => `200 1 OK\n${"Z: a/1@b\n".repeat(length / 9)}`],
  ["parentheses", (length) => `${commandLine}R: ${"(".repeat(length)}`],
  ["events in events", (length) => `${commandLine}R: ${"L/hd(".repeat(length / 5)}`],
  ["embedded requests", (length) => `${commandLine}R: ${"L/hd(A,E(R(".repeat(length / 11)}`],
  ["an embedded request's long list", (length) => `${commandLine}R: L/hd(E(R(${"L/hu,".repeat(length / 5)}L/hu)))`],
  ["parameters in parameters", (length) => `${commandLine}S: a/b(${"c(".repeat(length / 4)}${")".repeat(length / 4)})`],
  ["named parameters", (length) => `${commandLine}S: a/b(${"c=".repeat(length / 2)}d)`],
  ["quotes", (length) => `${commandLine}S: a/b(${'"'.repeat(length)})`],
  ["a long event name", (length) => `${commandLine}R: ${"a-".repeat(length / 2)}`],
  ["commas", (length) => `${commandLine}L: ${",".repeat(length)}`],
  ["options", (length) => `${commandLine}L: ${'fmtp:"a",'.repeat(length / 9)}`],
  ["codecs", (length) => `${commandLine}L: a:${"PCMU;".repeat(length / 5)}`],
  ["ranges of numbers", (length) => `${commandLine}K: ${"1-999999999,".repeat(length / 12)}1`],
  ["an open digit map", (length) => `${commandLine}D: ${"[".repeat(length)}`],
  ["a digit map of everything", (length) => `${commandLine}D: (${"x.".repeat(length / 2)})`],
  ["alternatives", (length) => `${commandLine}D: (${"1|".repeat(length / 2)}1)`],
  ["a session description", (length) => `${commandLine}\n${"v=0\n".repeat(length / 4)}`],
  ["brackets of names", (length) => `AUEP 1 ${"a/".repeat(60)}[${"1,".repeat(length / 2)}@gw MGCP 1.0\n`],
];

/**
 * Measured: 80 at most, for parameters eight deep in parameters. Passes over the text for each element would be
 * thousands.
 */
const stepsPerByteMax = 100;

const build = new CountedBuild();
afterAll(() => build.remove());

test("whatever the shape and length, the parser takes a bounded number of steps for each byte", async () => {
  const { parseDatagram }: typeof import("../../../firmware/protocol/mgcp/parse.js") = await import(
    build.url("mgcp/parse.js")
  );
  const tooMany: string[] = [];
  for (const [name, make] of shapes) {
    for (const length of [500, 4_000, 16_000, 60_000]) {
      const bytes = encoder.encode(make(length));
      const steps = countSteps(() => {
        parseDatagram(bytes);
      });
      const told = `${name}, ${bytes.length} bytes: ${(steps / bytes.length).toFixed(1)} steps per byte`;
      if (process.env.FUZZ_SHOW !== undefined) console.log(told);
      expect(steps).toBeGreaterThan(0);
      if (steps > stepsPerByteMax * bytes.length) tooMany.push(told);
    }
  }
  expect(tooMany).toEqual([]);
});
