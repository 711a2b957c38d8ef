import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type CallTag, readCallTag, splitEndpoint, writeCallTag } from "../../../../host/call-agent/call-tag.js";

const tag: CallTag = {
  callingNumber: "101",
  calledNumber: "201",
  originating: "aaln/1@gw1.example",
  originatingAddress: "127.10.1.1",
  terminating: "aaln/1@gw2.example",
  bootId: "5F0C",
  setupWallMs: 1_700_000_000_000,
  answerWallMs: null,
};

test("a tag is read as it was written", () => {
  expect(writeCallTag(tag)).toBe(
    "v=1;from=101;to=201;orig=aaln/1@gw1.example;origaddr=127.10.1.1;dest=aaln/1@gw2.example;boot=5F0C;setup=1700000000000",
  );
  expect(readCallTag(writeCallTag(tag))).toEqual(tag);
  expect(readCallTag(writeCallTag({ ...tag, answerWallMs: 5 }))).toEqual({ ...tag, answerWallMs: 5 });
});

test("one that would be too long loses what is needed least", () => {
  const long = writeCallTag({ ...tag, terminating: `aaln/1@${"g".repeat(480)}` });
  expect(long.length).toBeLessThanOrEqual(512);
  expect(readCallTag(long)).toMatchObject({ callingNumber: "101", originatingAddress: "127.10.1.1", terminating: "" });
});

test("a tag of someone else's making reads as what can be read in it", () => {
  expect(readCallTag("hello; from=7; setup=soon")).toMatchObject({ callingNumber: "", setupWallMs: null });
  expect(readCallTag("")).toMatchObject({ callingNumber: "", originatingAddress: null });
});

test("an endpoint is split at its last at-sign, or not at all", () => {
  expect(splitEndpoint("aaln/1@gw1")).toEqual({ endpoint: "aaln/1", gateway: "gw1" });
  expect([splitEndpoint("aaln/1"), splitEndpoint("@gw1"), splitEndpoint("aaln/1@")]).toEqual([null, null, null]);
});

test("tags of format version 1, as they were written once, are read as they were meant", () => {
  const file = readFileSync(new URL("../../../vectors/tag/version-1.txt", import.meta.url), "ascii");
  const [ringing, answered, escaped, cut] = file.trimEnd().split("\n").map(readCallTag);
  expect([ringing, answered]).toEqual([tag, { ...tag, answerWallMs: 1_700_000_004_250 }]);
  expect(escaped).toEqual({ ...tag, originatingAddress: null, callingNumber: "+44;ext=7", calledNumber: "50%" });
  expect(cut).toEqual({ ...tag, terminating: "", bootId: "", setupWallMs: null });
});
