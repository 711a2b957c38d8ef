import { describe, expect, test } from "vitest";
import { mergeRecords, type RecordedTime, timeBetween } from "../../../../host/cdr/call-detail-record.js";
import { oneRecord } from "../../../support/one-record.js";

const zeroMs = 1_700_000_000_000;

function told(wallMs: number, bootId: string, atMs: number, errorMs = 1): RecordedTime {
  return {
    wallMs: zeroMs + wallMs,
    errorMs: errorMs + 5,
    from: "journalled",
    onGateway: { bootId, atMs, errorMs },
  };
}

describe("the time between an answer and an end", () => {
  test("has no network in it where both are told by one start of a gateway", () => {
    expect(timeBetween(told(2_000, "B1", 41_000), told(17_517, "B1", 56_500))).toEqual({
      ms: 15_500,
      errorMs: 2,
      from: "journalled",
    });
  });

  test("adds what each is unsure of where they are told by two", () => {
    const between = timeBetween(told(2_000, "B1", 41_000), told(11_000, "B7", 1_000));
    expect(between).toEqual({ ms: 9_000, errorMs: 13, from: "journalled" });
  });

  test("is worth no more than the worse of the two, and never below nothing", () => {
    const witnessed = { wallMs: zeroMs, errorMs: 500, from: "witnessed" } as const;
    expect(timeBetween(told(2_000, "B1", 41_000), witnessed)).toMatchObject({ ms: 0, from: "witnessed" });
  });
});

describe("two records of a call", () => {
  test("of which one knows its end better and the other its answer make a duration of these two", () => {
    const [answer, hangUp] = [told(2_000, "B1", 41_000), told(60_000, "B1", 99_000)];
    const first = { ...oneRecord, answer, end: hangUp, duration: timeBetween(answer, hangUp) };
    const [audited, lost] = [
      { ...answer, errorMs: 1_000, from: "audited" } as const,
      told(12_000, "B9", -9_000, 5_001),
    ];
    const second = {
      ...oneRecord,
      answer: audited,
      end: lost,
      duration: timeBetween(audited, lost),
      endCause: "gateway-ended" as const,
    };
    const merged = mergeRecords(first, second);
    expect(merged).toMatchObject({ answer, end: lost, endCause: "gateway-ended", duration: { ms: 10_000 } });
  });

  test("keep the answer that a journal told, though media that began later is known more exactly", () => {
    const answer = told(2_000, "B1", 41_000, 1_003);
    const audited = { wallMs: zeroMs + 4_100, errorMs: 1_000, from: "audited" } as const;
    expect(mergeRecords({ ...oneRecord, answer }, { ...oneRecord, answer: audited }).answer).toEqual(answer);
    expect(mergeRecords({ ...oneRecord, answer: audited }, { ...oneRecord, answer }).answer).toEqual(answer);
  });

  test("written before gateways' clocks were kept have the duration they had", () => {
    const { answer, end, duration } = mergeRecords(oneRecord, { ...oneRecord, writtenBy: ["ca2"] });
    expect({ answer, end, duration }).toEqual({
      answer: oneRecord.answer,
      end: oneRecord.end,
      duration: oneRecord.duration,
    });
  });
});
