/**
 * The calls a server knows of at this moment: those it has in hand, with their states; and, as a standby, those the
 * connections of the last polls belong to, whose half of a state is what the gateways say.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { readCallTag, splitEndpoint } from "../call-agent/call-tag.js";
import type { LiveCall } from "../call-agent/live-call.js";

export interface ListedCall {
  readonly callId: string;
  /** A call's own (call-agent/call), or of a polled one the least advanced of its connections. */
  readonly state: string;
  readonly known: "in hand" | "polled";
  readonly callingNumber: string;
  readonly calledNumber: string;
  /** `aaln/1@gw1.example`; empty where nothing tells. */
  readonly originating: string;
  readonly terminating: string;
  /** Wall clock; null before the answer, or where nobody told. */
  readonly answerWallMs: number | null;
  /** Connections of it in the last audits. */
  readonly connections: number;
}

const byProgress = ["setting-up", "held", "up", "ended"];

/** `rows`: all connections as last told. In the order of their call ids. */
export function listCalls(live: readonly LiveCall[], rows: readonly ActiveConnection[]): ListedCall[] {
  const byCall = new Map<string, ActiveConnection[]>();
  for (const row of rows) {
    const known = byCall.get(row.callId);
    if (known === undefined) byCall.set(row.callId, [row]);
    else known.push(row);
  }
  const inHand = live.map((call) => callInHand(call, byCall.get(call.call.callId)?.length ?? 0));
  const held = new Set(inHand.map(({ callId }) => callId));
  const polled = [...byCall]
    .filter(([callId]) => !held.has(callId))
    .map(([callId, found]) => polledCall(callId, found));
  return [...inHand, ...polled].sort((a, b) => (a.callId < b.callId ? -1 : 1));
}

function callInHand({ call, answerWallMs }: LiveCall, connections: number): ListedCall {
  const { originating, terminating } = call.legs;
  return {
    callId: call.callId,
    state: call.state.name,
    known: "in hand",
    callingNumber: originating.number,
    calledNumber: terminating.number,
    originating: place(originating),
    terminating: place(terminating),
    answerWallMs,
    connections,
  };
}

function polledCall(callId: string, rows: readonly ActiveConnection[]): ListedCall {
  const tag = readCallTag(rows.find((row) => row.tag !== "")?.tag ?? "");
  const states = rows.map(({ state }) => state).sort((a, b) => byProgress.indexOf(a) - byProgress.indexOf(b));
  return {
    callId,
    state: states[0] ?? "",
    known: "polled",
    callingNumber: tag.callingNumber || (rows[0]?.origin.device ?? ""),
    calledNumber: tag.calledNumber,
    originating: splitEndpoint(tag.originating) === null ? "" : tag.originating,
    terminating: splitEndpoint(tag.terminating) === null ? "" : tag.terminating,
    answerWallMs: tag.answerWallMs,
    connections: rows.length,
  };
}

function place({ endpoint, gateway }: { readonly endpoint: string; readonly gateway: string }): string {
  return gateway === "" ? "" : `${endpoint}@${gateway}`;
}
