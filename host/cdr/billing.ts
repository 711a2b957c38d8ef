/**
 * From what is known of a call to its record. Answer and end are line events where a journal told them, then what this
 * server witnessed, then what an audit showed, then between which audits it must have been: never the moment a command
 * was sent.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import {
  type CallDetailRecord,
  type EndCause,
  type RecordedLine,
  type RecordedStatistics,
  type RecordedTime,
  timeBetween,
} from "./call-detail-record.js";
import { betterInstant, type CallInstant } from "./call-time.js";
import type { JournalledEnd, JournalledEvent } from "./journal-book.js";

export interface BilledLeg extends RecordedLine {
  readonly number: string;
  readonly statistics: RecordedStatistics | null;
}

export interface CallEvidence {
  readonly callId: string;
  readonly bootId: string;
  readonly originating: BilledLeg | null;
  readonly terminating: BilledLeg | null;
  readonly originatingDevice: string;
  readonly originatingAddress: string | null;
  readonly setup: CallInstant | null;
  /** Seen here, when its Notify came. */
  readonly witnessedAnswer: CallInstant | null;
  /** The same of the hang-up; or inferred, where nobody told of it and nobody will. */
  readonly witnessedEnd: CallInstant | null;
  /** Bounded by audits only: for what nobody told. */
  readonly inferredAnswer?: CallInstant | null;
  /** It carried media when it was found, so it was answered, if nobody knows when. */
  readonly wasFoundTalking?: boolean;
  /** As in the record; nothing: null. */
  readonly endReason?: string | null;
  readonly events: readonly JournalledEvent[];
  readonly ends: readonly JournalledEnd[];
  /** Latest rows known of the call's connections, live or ended. */
  readonly connections: readonly ActiveConnection[];
  readonly endCause: EndCause;
}

/** Null for a call that was never answered: there is nothing to bill. */
export function billCall(
  evidence: CallEvidence,
  server: string,
  at: { readonly nowMs: number; readonly wallMs: number },
): CallDetailRecord | null {
  const { events, witnessedAnswer, inferredAnswer = null } = evidence;
  const answer = instantOf(events, "answer") ?? witnessedAnswer ?? audited(evidence, at) ?? inferredAnswer;
  if (answer === null && evidence.wasFoundTalking !== true) return null;
  const { end, endCause } = endOf(evidence, answer);
  const recorded = (instant: CallInstant | null) => (instant === null ? null : recordedTime(instant, at));
  const [answered, ended] = [recorded(answer), recorded(end)];
  const described = evidence.connections.find((connection) => connection.sendCoding !== null);
  return {
    callId: evidence.callId,
    bootId: evidence.bootId,
    callingNumber: evidence.originating?.number ?? "",
    calledNumber: evidence.terminating?.number ?? "",
    originatingDevice: evidence.originatingDevice,
    originatingAddress: evidence.originatingAddress,
    originating: lineOf(evidence.originating),
    terminating: lineOf(evidence.terminating),
    setup: recorded(evidence.setup),
    answer: answered,
    end: ended,
    duration: ended === null || answered === null ? null : timeBetween(answered, ended),
    coding: described?.sendCoding ?? null,
    qos: described?.qos ?? null,
    originatingStatistics: statisticsOf(evidence, evidence.originating),
    terminatingStatistics: statisticsOf(evidence, evidence.terminating),
    endCause,
    endReason: evidence.endReason ?? null,
    writtenBy: [server],
  };
}

/** The first event of a kind: whoever hung up first ended the call. */
function instantOf(events: readonly JournalledEvent[], kind: "answer" | "on-hook"): CallInstant | null {
  let first: CallInstant | null = null;
  for (const event of events) {
    if (event.kind === kind && (first === null || event.instant.atMs < first.atMs)) first = event.instant;
  }
  return first;
}

/** A connection that carried media was answered about when it began to; the answer itself nobody told. */
function audited(evidence: CallEvidence, at: { readonly nowMs: number; readonly wallMs: number }): CallInstant | null {
  let best: CallInstant | null = null;
  for (const { startedWallMs } of evidence.connections) {
    if (startedWallMs === null) continue;
    const atMs = at.nowMs - (at.wallMs - startedWallMs);
    best = betterInstant(best, { atMs, errorMs: auditedErrorMs, from: "audited", onGateway: null });
  }
  return best;
}

/** From answer to media: a Notify, a command, and a wall clock that is not ours. */
const auditedErrorMs = 1_000;

/**
 * Whoever hung up first ended the call, unless a gateway had died with it before: what was left of it was no call, however
 * long it took until somebody was there to release it. Where nobody told of a hang-up, a journal knows better than a guess.
 */
function endOf(evidence: CallEvidence, answer: CallInstant | null): { end: CallInstant | null; endCause: EndCause } {
  const { events, ends, witnessedEnd, endCause } = evidence;
  const told = witnessedEnd?.from === "inferred" ? null : witnessedEnd;
  const hangUp = instantOf(events, "on-hook") ?? told;
  const lost = firstEnd(
    ends.filter(({ isLost }) => isLost),
    answer,
  );
  if (lost !== null && (hangUp === null || lost.atMs < hangUp.atMs)) return { end: lost, endCause: "gateway-ended" };
  return { end: hangUp ?? firstEnd(ends, answer) ?? witnessedEnd, endCause };
}

/** A connection that was gone before the answer did not end the call, where another one ended after it. */
function firstEnd(ends: readonly JournalledEnd[], answer: CallInstant | null): CallInstant | null {
  const instants = ends.map(({ instant }) => instant).sort((a, b) => a.atMs - b.atMs);
  const isBehind = ({ atMs, errorMs }: CallInstant) =>
    answer === null || atMs + errorMs >= answer.atMs - answer.errorMs;
  return instants.find(isBehind) ?? instants[0] ?? null;
}

function lineOf(leg: BilledLeg | null): RecordedLine | null {
  return leg === null ? null : { gateway: leg.gateway, endpoint: leg.endpoint };
}

function recordedTime(instant: CallInstant, at: { readonly nowMs: number; readonly wallMs: number }): RecordedTime {
  const { atMs, errorMs, from, onGateway } = instant;
  const time = { wallMs: Math.round(at.wallMs - (at.nowMs - atMs)), errorMs: Math.ceil(errorMs), from };
  if (onGateway === null) return time;
  const { bootId, atMs: gatewayMs, errorMs: gatewayErrorMs } = onGateway;
  return { ...time, onGateway: { bootId, atMs: Math.round(gatewayMs), errorMs: gatewayErrorMs } };
}

/** As the gateway gave them with the deletion, or else as last seen. */
function statisticsOf(evidence: CallEvidence, leg: BilledLeg | null): RecordedStatistics | null {
  if (leg === null || leg.statistics !== null) return leg?.statistics ?? null;
  const row = evidence.connections.find(
    (connection) => connection.gateway === leg.gateway && connection.endpoint === leg.endpoint,
  );
  if (row === undefined) return null;
  const { packetsSent, octetsSent, packetsReceived, octetsReceived, packetsLost, jitterMs } = row.statistics;
  return { packetsSent, octetsSent, packetsReceived, octetsReceived, packetsLost, jitterMs };
}
