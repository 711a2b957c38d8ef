import { describe, expect, test } from "vitest";
import { everyRecord, isWanted, type RecordFilter } from "../../../../host/cdr/record-filter.js";
import { oneRecord } from "../../../support/one-record.js";

const endMs = 1_700_000_012_000;
const openCall = { ...oneRecord, end: null, duration: null };

describe("a call detail record is wanted", () => {
  test.each<[string, Partial<RecordFilter>]>([
    ["by nothing at all", {}],
    ["from the moment it ended", { sinceMs: endMs }],
    ["before any moment after that", { beforeMs: endMs + 1 }],
    ["by its calling number", { number: "101" }],
    ["by its called number", { number: "201" }],
    ["by what a number begins with", { number: "20*" }],
    ["by either gateway, in any case", { gateway: "GW2.example" }],
    ["by its id, in any case", { callId: "c0" }],
    ["by what its duration rests on", { provenance: "journalled" }],
    ["by why it ended", { endCause: "called-on-hook" }],
  ])("%s", (_name, wish) => {
    expect(isWanted(oneRecord, { ...everyRecord, ...wish })).toBe(true);
  });

  test.each<[string, Partial<RecordFilter>]>([
    ["after it ended", { sinceMs: endMs + 1 }],
    ["before it ended", { beforeMs: endMs }],
    ["by a part of a number", { number: "10" }],
    ["by another gateway", { gateway: "gw3.example" }],
    ["by another id", { callId: "C1" }],
    ["by another provenance", { provenance: "inferred" }],
    ["by another cause", { endCause: "unknown" }],
    ["by one wish of two", { number: "101", callId: "C1" }],
  ])("not %s", (_name, wish) => {
    expect(isWanted(oneRecord, { ...everyRecord, ...wish })).toBe(false);
  });

  test("by its answer while nobody knows when it ended, and by no time when it has none", () => {
    expect(isWanted(openCall, { ...everyRecord, sinceMs: endMs - 10_000, beforeMs: endMs })).toBe(true);
    expect(isWanted({ ...openCall, answer: null, setup: null }, { ...everyRecord, sinceMs: 0 })).toBe(false);
  });
});
