import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  type CallDetailRecord,
  endCauses,
  mergeRecords,
  type RecordedTime,
  timeBetween,
} from "../../../host/cdr/call-detail-record.js";
import { provenances } from "../../../host/cdr/call-time.js";
import { oneRecord } from "../../support/one-record.js";

const anyFrom = fc.constantFrom(...provenances);
const anyError = fc.nat(3);
const anyClock = fc.record({
  bootId: fc.constantFrom("B1", "B2"),
  atMs: fc.integer({ min: -2, max: 3 }),
  errorMs: anyError,
});
const anyTime = fc.option(
  fc.record(
    { wallMs: fc.nat(5), errorMs: anyError, from: anyFrom, onGateway: anyClock },
    { requiredKeys: ["wallMs", "errorMs", "from"] },
  ),
);
const anyCount = fc.option(fc.nat(3));
const anyStatistics = fc.option(
  fc.record({
    packetsSent: anyCount,
    octetsSent: anyCount,
    packetsReceived: anyCount,
    octetsReceived: anyCount,
    packetsLost: anyCount,
    jitterMs: anyCount,
  }),
);
const anyLine = fc.option(
  fc.record({ gateway: fc.constantFrom("gw1", "gw2"), endpoint: fc.constantFrom("aaln/1", "aaln/2") }),
);
const anyText = fc.constantFrom("", "101", "201");

/** Small values on purpose, so that ties are common. */
const anyRecord: fc.Arbitrary<CallDetailRecord> = fc
  .record({
    callingNumber: anyText,
    calledNumber: anyText,
    originatingDevice: anyText,
    originatingAddress: fc.option(anyText),
    originating: anyLine,
    terminating: anyLine,
    setup: anyTime,
    answer: anyTime,
    end: anyTime,
    originatingStatistics: anyStatistics,
    terminatingStatistics: anyStatistics,
    endCause: fc.constantFrom(...endCauses),
    endReason: fc.constantFrom(null, "900", "901 gone"),
    writtenBy: fc.constantFrom(["ca1"], ["ca2"], ["ca1", "ca2"]),
  })
  .map((facts) => ({ ...oneRecord, ...facts, duration: durationOf(facts) }));

function durationOf({ answer, end }: Pick<CallDetailRecord, "answer" | "end">): CallDetailRecord["duration"] {
  return answer === null || end === null ? null : timeBetween(answer, end);
}

const isSeenOf = (time: RecordedTime | null) => time?.from === "journalled" || time?.from === "witnessed";

describe("merging records of one call", () => {
  test.prop([anyRecord, anyRecord])("gives the same whichever comes first", (a, b) => {
    expect(mergeRecords(a, b)).toEqual(mergeRecords(b, a));
  });

  test.prop([anyRecord, anyRecord, anyRecord])("gives the same in whatever groups they come", (a, b, c) => {
    expect(mergeRecords(mergeRecords(a, b), c)).toEqual(mergeRecords(a, mergeRecords(b, c)));
  });

  test.prop([anyRecord, anyRecord])("changes nothing when done again", (a, b) => {
    expect(mergeRecords(a, a)).toEqual(a);
    expect(mergeRecords(mergeRecords(a, b), b)).toEqual(mergeRecords(a, b));
  });

  test.prop([anyRecord, anyRecord])("ends the call with the first hang-up any journal told of", (a, b) => {
    const merged = mergeRecords(a, b);
    const journalled = [a, b].flatMap(({ end }) => (end?.from === "journalled" ? [end.wallMs] : []));
    if (journalled.length > 0) expect(merged.end?.wallMs).toBe(Math.min(...journalled));
  });

  test.prop([anyRecord, anyRecord])("bills from the answer to the end that it has", (a, b) => {
    const merged = mergeRecords(a, b);
    expect(merged.duration).toEqual(durationOf(merged));
  });

  test.prop([anyRecord, anyRecord])("never forgets a fact, nor makes one less exact", (a, b) => {
    const merged = mergeRecords(a, b);
    for (const key of ["setup", "answer"] as const) {
      for (const one of [a, b]) {
        if (one[key] === null) continue;
        // What was seen of an answer is worth more than what was read off its media, however exact that is.
        const isSeen = key === "answer" && isSeenOf(merged.answer) && !isSeenOf(one.answer);
        if (!isSeen) expect(merged[key]?.errorMs).toBeLessThanOrEqual(one[key].errorMs);
      }
    }
  });
});
