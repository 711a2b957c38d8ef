import { expect, test } from "vitest";
import type { AudioVerdict } from "../../../../host/cli/demo/audio-judge.js";
import { judge, type Observations } from "../../../../host/cli/demo/verdict.js";

const heard: AudioVerdict = {
  delayMs: 80,
  overlapMs: 11_000,
  correlation: 0.7,
  correlationFollowingShifts: 0.99876,
  unheardAtStartMs: 0,
  unheardAtEndMs: 0,
  longestGapMs: 20,
  gaps: [],
  shifts: [],
};
const seen: Observations = {
  calls: 1,
  detectMs: 1800,
  detectLimitMs: 1900,
  auditMs: { mgcp: 10, snmp: 40, sip: 30 },
  via: ["mgcp", "snmp", "sip"],
  connections: 2,
  recovered: 1,
  agree: true,
  audio: [heard, heard],
  billed: [{ durationMs: 11_010, trueDurationMs: 11_000 }],
};

test("a performance in which everything held is ok, with its figures", () => {
  expect(judge(seen).result).toEqual({
    ok: true,
    detectMs: 1800,
    detectLimitMs: 1900,
    auditMs: { mgcp: 10, snmp: 40, sip: 30 },
    connections: 2,
    agree: true,
    audioGapMs: 20,
    correlation: 0.9988,
    cdr: { count: 1, durationMs: 11_010, trueDurationMs: 11_000 },
  });
});

const broken: readonly [string, Partial<Observations>][] = [
  ["a death noticed too late", { detectMs: 1901 }],
  ["a death noticed before it happened", { detectMs: -1 }],
  ["a lost connection", { connections: 1 }],
  ["a call that was not recovered", { recovered: 0 }],
  ["answers that differ", { agree: false }],
  ["a protocol that did not answer", { auditMs: { mgcp: 10, sip: 30 } }],
  ["a gap", { audio: [heard, { ...heard, longestGapMs: 60 }] }],
  ["a side that heard something else", { audio: [heard, { ...heard, correlationFollowingShifts: 0.5 }] }],
  ["a call that was not billed", { billed: [] }],
  ["a call billed twice", { billed: [...seen.billed, ...seen.billed] }],
  ["a call billed too long", { billed: [{ durationMs: 12_001, trueDurationMs: 11_000 }] }],
  ["a call whose true duration is not known", { billed: [{ durationMs: 11_000, trueDurationMs: Number.NaN }] }],
];

test.each(broken)("%s breaks exactly one promise", (_what, change) => {
  const { result, promises } = judge({ ...seen, ...change });
  expect(result.ok).toBe(false);
  expect(promises.filter(({ kept }) => !kept).length).toBe(1);
});

test("a side that heard nothing has neither a gap nor a correlation, and breaks both promises", () => {
  const { result, promises } = judge({ ...seen, audio: [heard, null] });
  expect([result.ok, result.audioGapMs, result.correlation]).toEqual([false, null, null]);
  expect(promises.filter(({ kept }) => !kept).length).toBe(2);
});

test("of several calls the one billed worst is shown", () => {
  const billed = [
    { durationMs: 11_000, trueDurationMs: 11_000 },
    { durationMs: 10_500, trueDurationMs: 11_000 },
  ];
  const { result } = judge({ ...seen, calls: 2, recovered: 2, connections: 4, billed });
  expect(result.cdr).toEqual({ count: 2, durationMs: 10_500, trueDurationMs: 11_000 });
});
