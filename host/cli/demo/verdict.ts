/** What the performance came to: the figures of the last line, and whether each promise was kept. */
import type { AuditProtocol } from "#protocol/active-connection.js";
import type { AudioVerdict } from "./audio-judge.js";

export interface BilledCall {
  readonly durationMs: number;
  /** From the called telephone's answer to its hang-up, by its own clock. */
  readonly trueDurationMs: number;
}

export interface Observations {
  readonly calls: number;
  readonly detectMs: number;
  readonly detectLimitMs: number;
  readonly auditMs: Readonly<Partial<Record<AuditProtocol, number>>>;
  readonly via: readonly AuditProtocol[];
  readonly connections: number;
  readonly recovered: number;
  readonly agree: boolean;
  /**
   * Of every recording; null where nothing of the file was found in it. Correlation is taken with the delay followed: a
   * jitter buffer may change its depth in mid-call, which nobody hears.
   */
  readonly audio: readonly (AudioVerdict | null)[];
  readonly billed: readonly BilledCall[];
}

export interface DemoResult {
  readonly ok: boolean;
  readonly detectMs: number;
  /** The configured detection time. */
  readonly detectLimitMs: number;
  readonly auditMs: Readonly<Partial<Record<AuditProtocol, number>>>;
  readonly connections: number;
  readonly agree: boolean;
  readonly audioGapMs: number | null;
  readonly correlation: number | null;
  readonly cdr: { readonly count: number; readonly durationMs: number | null; readonly trueDurationMs: number | null };
}

export const audioGapMaxMs = 40;
export const correlationMin = 0.9;
export const billingErrorMaxMs = 1000;

export function judge(seen: Observations): { readonly result: DemoResult; readonly promises: readonly Kept[] } {
  const heard = seen.audio.filter((verdict) => verdict !== null);
  const isAllHeard = heard.length === seen.audio.length && heard.length > 0;
  const audioGapMs = isAllHeard ? Math.max(...heard.map(({ longestGapMs }) => longestGapMs)) : null;
  const correlation = isAllHeard ? Math.min(...heard.map((verdict) => verdict.correlationFollowingShifts)) : null;
  const worst = worstBilled(seen.billed);
  const errorMs = worst === null ? null : Math.abs(worst.durationMs - worst.trueDurationMs);
  const promises: Kept[] = [
    {
      text: `the death was noticed in ${seen.detectMs} ms (at most ${seen.detectLimitMs})`,
      kept: seen.detectMs >= 0 && seen.detectMs <= seen.detectLimitMs,
    },
    {
      text: `${seen.recovered} of ${seen.calls} calls and ${seen.connections} of ${2 * seen.calls} connections recovered`,
      kept: seen.recovered === seen.calls && seen.connections === 2 * seen.calls,
    },
    {
      text: `asked by ${seen.via.join(", ").toUpperCase()}: ${seen.agree ? "the same answer" : "the answers differ"}`,
      kept: seen.agree && seen.via.every((protocol) => seen.auditMs[protocol] !== undefined),
    },
    {
      text: `speech went on: longest gap ${audioGapMs ?? "?"} ms (at most ${audioGapMaxMs})`,
      kept: audioGapMs !== null && audioGapMs <= audioGapMaxMs,
    },
    {
      text: `what was heard is what was said: correlation ${correlation?.toFixed(3) ?? "?"} (at least ${correlationMin})`,
      kept: correlation !== null && correlation >= correlationMin,
    },
    {
      text: `${seen.billed.length} of ${seen.calls} calls billed, off by ${errorMs ?? "?"} ms (at most ${billingErrorMaxMs})`,
      kept: seen.billed.length === seen.calls && errorMs !== null && errorMs <= billingErrorMaxMs,
    },
  ];
  const cdr = {
    count: seen.billed.length,
    durationMs: worst?.durationMs ?? null,
    trueDurationMs: worst?.trueDurationMs ?? null,
  };
  const { detectMs, detectLimitMs, auditMs, connections, agree } = seen;
  const ok = promises.every(({ kept }) => kept);
  const rounded = correlation === null ? null : Math.round(correlation * 10_000) / 10_000;
  return {
    result: { ok, detectMs, detectLimitMs, auditMs, connections, agree, audioGapMs, correlation: rounded, cdr },
    promises,
  };
}

export interface Kept {
  readonly text: string;
  readonly kept: boolean;
}

/** The call whose record is furthest from the truth. */
function worstBilled(billed: readonly BilledCall[]): BilledCall | null {
  const off = (call: BilledCall) => Math.abs(call.durationMs - call.trueDurationMs);
  return billed.reduce<BilledCall | null>(
    (worst, call) => (worst === null || off(call) > off(worst) ? call : worst),
    null,
  );
}
