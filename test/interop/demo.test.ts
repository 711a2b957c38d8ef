/** `holdover demo` as `npm start -- --json` runs it: a call survives the death of its call server, measured. */
import { describe, expect, test } from "vitest";
import { auditProtocols } from "../../firmware/protocol/active-connection.js";
import { type Ending, linesOf, runHoldover } from "../support/programs.js";

/** The demo's own: heartbeat 500 ms, dead after 2 s, and one heartbeat until the silence is looked at. */
const detectMsMax = 1_900;
const withinMs = 60_000;

interface DemoResult {
  readonly ok: boolean;
  readonly detectMs: number;
  readonly auditMs: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly agree: boolean;
  readonly audioGapMs: number;
  readonly correlation: number;
  readonly cdr: { readonly count: number; readonly durationMs: number; readonly trueDurationMs: number };
}

async function demo(...args: readonly string[]): Promise<Ending & { readonly result: DemoResult }> {
  const ending = await runHoldover(["demo", "--json", ...args], { withinMs });
  expect(ending.exitCode, ending.stderr).toBe(0);
  return { ...ending, result: JSON.parse(linesOf(ending.stdout).at(-1) ?? "null") };
}

function expectKept(result: DemoResult, calls: number): void {
  expect(result).toMatchObject({ ok: true, connections: 2 * calls, agree: true, cdr: { count: calls } });
  expect(result.detectMs).toBeGreaterThan(0);
  expect(result.detectMs).toBeLessThanOrEqual(detectMsMax);
  expect(result.audioGapMs).toBeGreaterThanOrEqual(0);
  expect(result.audioGapMs).toBeLessThanOrEqual(40);
  expect(result.correlation).toBeGreaterThanOrEqual(0.9);
  expect(Math.abs(result.cdr.durationMs - result.cdr.trueDurationMs)).toBeLessThanOrEqual(1000);
  for (const ms of Object.values(result.auditMs)) expect(ms).toBeLessThan(5_000);
}

describe("the demo keeps every promise, and is over in half a minute", () => {
  test("with one call, asked by all three protocols", async () => {
    const { result, tookMs } = await demo();
    expectKept(result, 1);
    expect(Object.keys(result.auditMs).sort()).toEqual([...auditProtocols].sort());
    expect(tookMs).toBeLessThan(30_000);
  });

  test("with twenty calls at once", async () => {
    const { result, tookMs } = await demo("--calls", "20");
    expectKept(result, 20);
    expect(tookMs).toBeLessThan(30_000);
  });

  test("asked by SNMP alone, its story on standard error and one object on standard output", async () => {
    const { result, stdout, stderr } = await demo("--via", "snmp");
    expectKept(result, 1);
    expect(Object.keys(result.auditMs)).toEqual(["snmp"]);
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stderr).toContain("The primary call server dies");
    expect(stderr).not.toContain("\u001b[");
  });
});
