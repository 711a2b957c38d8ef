import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { tagCharactersMax } from "../../../firmware/protocol/active-connection.js";
import { type CallTag, readCallTag, writeCallTag } from "../../../host/call-agent/call-tag.js";

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));

function anyTag(charactersMax: number): fc.Arbitrary<CallTag> {
  const anyText = fc.string({ unit: printable, maxLength: charactersMax });
  return fc.record({
    callingNumber: anyText,
    calledNumber: anyText,
    originating: anyText,
    originatingAddress: fc.option(fc.ipV4()),
    terminating: anyText,
    bootId: anyText,
    setupWallMs: fc.option(fc.nat()),
    answerWallMs: fc.option(fc.nat()),
  });
}

test.prop([anyTag(20)])("a tag is read as it was written, whatever characters are in it", (tag) => {
  expect(readCallTag(writeCallTag(tag))).toEqual(tag);
});

test.prop([anyTag(100)])("a tag always fits, and who calls whom is in it", (tag) => {
  const written = writeCallTag(tag);
  expect(written.length).toBeLessThanOrEqual(tagCharactersMax);
  expect(written).toMatch(/^[\x20-\x7e]*$/);
  expect(readCallTag(written).callingNumber).toBe(tag.callingNumber);
});

test.prop([fc.string()])("any text reads as some tag", (text) => {
  expect(typeof readCallTag(text).callingNumber).toBe("string");
});
