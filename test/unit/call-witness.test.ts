import { describe, expect, test } from "vitest";
import { CallWitness } from "../support/call-witness.js";
import { oneRecord } from "../support/one-record.js";

const checkpointMs = 2_000;
const answer = { atMs: 10_000, endsAtMs: 60_000 };

/** 101 on gateway 1 talks to 201 on gateway 2 from 10 s on. */
function talking(): CallWitness {
  const numbers = ["101", "102", "201"];
  const witness = new CallWitness({ numbers, gatewayOf: (number) => Number(number.charAt(0)), checkpointMs });
  const said = (number: string, kind: string, atMs: number, by: string | null = null, other: string | null = null) =>
    witness.saw({ number, kind, by, other, atMs });
  said("101", "dialling", 8_000, null, "201");
  said("201", "ringing", 8_500, null, "101");
  said("201", "answered", answer.atMs, "near");
  said("201", "talking", answer.atMs);
  said("101", "answered", answer.atMs, "far");
  said("101", "talking", answer.atMs);
  return witness;
}

function hungUp(witness: CallWitness, number: string, by: "near" | "far", atMs = answer.endsAtMs): void {
  witness.saw({ number, kind: "hung-up", by, other: null, atMs });
}

/** What is wrong with one record of so many ms. */
function billed(witness: CallWitness, ms: number): string[] {
  const told = { errorMs: 2, from: "journalled" as const };
  const record = {
    ...oneRecord,
    callingNumber: "101",
    calledNumber: "201",
    answer: { ...told, wallMs: answer.atMs },
    duration: { ...told, ms },
  };
  return witness.unbilled([record], 0);
}

describe("a call of telephones that are watched", () => {
  test("is owed what they talked, to a second", () => {
    const witness = talking();
    hungUp(witness, "101", "near");
    hungUp(witness, "201", "far");
    expect(witness.broken).toEqual([]);
    expect([50_900, 49_100].flatMap((ms) => billed(witness, ms))).toEqual([]);
    expect([51_100, 48_900].map((ms) => billed(witness, ms).length)).toEqual([1, 1]);
  });

  test("is broken when both are told that it is over", () => {
    const witness = talking();
    hungUp(witness, "101", "far");
    expect(witness.broken).toEqual([expect.stringContaining("by neither of them")]);
  });

  test("is owed a checkpoint less where its gateway died, and no more", () => {
    const witness = talking();
    witness.gatewayDied(2, 40_000);
    hungUp(witness, "101", "far", 45_000);
    expect(witness.broken).toEqual([]);
    expect([30_900, 27_100].flatMap((ms) => billed(witness, ms))).toEqual([]);
    expect([31_100, 26_900].map((ms) => billed(witness, ms).length)).toEqual([1, 1]);
  });

  test("may last until its gateway, stopped when somebody hung up, is awake again", () => {
    const witness = talking();
    witness.gatewayStopped(1, 55_000);
    hungUp(witness, "101", "near");
    witness.gatewayWoke(1, 65_000);
    expect(billed(witness, 57_900)).toEqual([]);
    expect(billed(witness, 58_100)).toHaveLength(1);
  });

  test("goes on when a telephone dies, which when it is back is none of it", () => {
    const witness = talking();
    witness.telephoneDied("201", 20_000);
    witness.saw({ number: "201", kind: "dialling", by: null, other: "101", atMs: 21_000 });
    hungUp(witness, "201", "far", 21_100);
    hungUp(witness, "101", "far");
    expect(witness.broken).toEqual([]);
    expect([50_900, 9_100].flatMap((ms) => billed(witness, ms))).toEqual([]);
    expect(billed(witness, 51_100)).toHaveLength(1);
  });

  test("is none where the caller's gateway died before the answer, though it may be billed", () => {
    const numbers = ["101", "201"];
    const witness = new CallWitness({ numbers, gatewayOf: (number) => Number(number.charAt(0)), checkpointMs });
    witness.saw({ number: "101", kind: "dialling", by: null, other: "201", atMs: 8_000 });
    witness.saw({ number: "201", kind: "ringing", by: null, other: "101", atMs: 8_500 });
    witness.gatewayDied(1, 9_000);
    witness.saw({ number: "201", kind: "answered", by: "near", other: null, atMs: answer.atMs });
    expect(witness.unbilled([], 0)).toEqual([]);
    expect(billed(witness, 5_000)).toEqual([]);
  });

  test("is none where the caller has hung up, and talks to another, when the called one answers", () => {
    const witness = talking();
    hungUp(witness, "101", "near");
    hungUp(witness, "201", "far");
    const said = (number: string, kind: string, atMs: number, other: string | null = null) =>
      witness.saw({ number, kind, by: kind === "answered" ? "near" : null, other, atMs });
    said("101", "dialling", 70_000, "102");
    said("102", "ringing", 70_100, "101");
    said("101", "hung-up", 71_000);
    said("101", "dialling", 72_000, "201");
    said("201", "ringing", 72_100, "101");
    said("201", "answered", 73_000);
    for (const number of ["201", "101"]) said(number, "talking", 73_000);
    said("102", "answered", 74_000);
    said("102", "talking", 74_000);
    witness.saw({ number: "102", kind: "hung-up", by: "far", other: null, atMs: 74_020 });
    expect(witness.broken).toEqual([]);
    expect(witness.calls.map(({ called, wasUp, overAtMs }) => [called, wasUp, overAtMs !== null])).toEqual([
      ["201", true, true],
      ["201", true, false],
      ["102", false, true],
    ]);
  });
});
