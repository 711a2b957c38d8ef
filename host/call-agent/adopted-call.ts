/** A call that another server set up, as its connections and their tags tell it. */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { betterInstant, type CallInstant, inferredInstant } from "../cdr/call-time.js";
import type { Moment } from "../moment.js";
import type { Sighting } from "../registry/connection-records.js";
import type { FoundHalf } from "../registry/found-connection.js";
import type { CallFinding } from "../watch/reconciliation.js";
import type { CallLeg, CallState, Side } from "./call.js";
import { readCallTag, splitEndpoint } from "./call-tag.js";
import type { DialPlan } from "./dial-plan.js";
import { type LiveCall, unknownCall } from "./live-call.js";

/** The other server's clock, and from its first command to the tag. */
const setupErrorMs = 1_000;

/** When the connections of a call began to carry media, by the audits that showed them. */
export type SightingOf = (connection: ActiveConnection) => Sighting | null;

/** A ringing call rings on; any other counts as talking until its state says more (an answer nobody acted upon). */
export function adoptedCall(
  finding: CallFinding,
  plan: DialPlan,
  bootIdOf: (gateway: string) => string,
  sightingOf: SightingOf,
  at: Moment,
): LiveCall {
  const { originating, terminating } = finding.halves;
  const connections = Object.values(finding.halves).map(({ connection }) => connection);
  const told = originating?.connection ?? terminating?.connection;
  const tag = readCallTag(told?.tag ?? "");
  const legs = {
    originating: legOf(originating, tag.originating, tag.callingNumber, plan),
    terminating: legOf(terminating, tag.terminating, tag.calledNumber, plan),
  };
  const state: CallState = { name: finding.phase === "ringing" ? "ringing" : "talking" };
  const { setupWallMs } = tag;
  const setupMs = setupWallMs === null ? null : at.nowMs - (at.wallMs - setupWallMs);
  const madeAtMs: Partial<Record<Side, number>> = {};
  if (originating !== undefined) madeAtMs.originating = at.nowMs;
  if (terminating !== undefined) madeAtMs.terminating = at.nowMs;
  return {
    ...unknownCall,
    call: { callId: finding.callId, legs, state },
    device: originating?.connection.origin.device ?? told?.origin.device ?? tag.callingNumber,
    deviceAddress: originating?.connection.origin.address ?? tag.originatingAddress,
    bootId: tag.bootId === "" ? bootIdOf(legs.originating.gateway) : tag.bootId,
    setup: setupMs === null ? null : inferredInstant(setupMs - setupErrorMs, setupMs + setupErrorMs),
    setupWallMs,
    answerWallMs: tag.answerWallMs,
    inferredAnswer: inferredAnswer(connections, tag.answerWallMs, sightingOf, at),
    wasFoundTalking: finding.phase === "talking",
    madeAtMs,
    seenAtMs: madeAtMs,
  };
}

/**
 * It was answered before its connections carried media, and after an audit that did not show them so; or when an older tag
 * says. Null: nothing bounds it.
 */
export function inferredAnswer(
  connections: readonly ActiveConnection[],
  answerWallMs: number | null,
  sightingOf: SightingOf,
  at: Moment,
): CallInstant | null {
  const toMs = (wallMs: number) => at.nowMs - (at.wallMs - wallMs);
  const told =
    answerWallMs === null
      ? null
      : inferredInstant(toMs(answerWallMs) - setupErrorMs, toMs(answerWallMs) + setupErrorMs);
  const seen = connections.flatMap((connection) => sightingOf(connection) ?? []);
  const after = seen.flatMap(({ afterWallMs }) => (afterWallMs === null || afterWallMs === 0 ? [] : afterWallMs));
  if (after.length === 0) return told;
  const by = seen.map(({ byWallMs }) => byWallMs);
  return betterInstant(told, inferredInstant(toMs(Math.max(...after)), toMs(Math.min(...by))));
}

/** The half's own place, or else the one the other half's tag names. */
function legOf(half: FoundHalf | undefined, place: string, number: string, plan: DialPlan): CallLeg {
  const { gateway, endpoint } = half?.connection ?? splitEndpoint(place) ?? { gateway: "", endpoint: "" };
  return {
    gateway,
    endpoint,
    number: number === "" ? (plan.lineAt(gateway, endpoint)?.number ?? "") : number,
    connectionId: half?.connection.connectionId ?? null,
    session: null,
  };
}

/** The missing half of a call was found. */
export function withFoundLeg(live: LiveCall, side: Side, { connectionId }: ActiveConnection, nowMs: number): LiveCall {
  const { call } = live;
  const legs = { ...call.legs, [side]: { ...call.legs[side], connectionId } };
  return { ...live, call: { ...call, legs }, madeAtMs: { ...live.madeAtMs, [side]: nowMs } };
}
