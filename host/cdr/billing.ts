/**
 * From what is known of a call to its record. Answer and end are line events where a journal told them, then what this
 * server witnessed, then what an audit showed, then between which audits it must have been: never the moment a command
 * was sent.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type {
  CallDetailRecord,
  EndCause,
  RecordedLine,
  RecordedStatistics,
  RecordedTime,
} from "./call-detail-record.js";
import { betterInstant, type CallInstant, type CallSpan, spanBetween } from "./call-time.js";
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
  const end = instantOf(events, "on-hook") ?? endOf(evidence, answer);
  const toWall = (instant: CallInstant | null): RecordedTime | null =>
    instant === null
      ? null
      : {
          wallMs: Math.round(at.wallMs - (at.nowMs - instant.atMs)),
          errorMs: Math.ceil(instant.errorMs),
          from: instant.from,
        };
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
    setup: toWall(evidence.setup),
    answer: toWall(answer),
    end: toWall(end),
    duration: end === null || answer === null ? null : rounded(spanBetween(answer, end)),
    coding: described?.sendCoding ?? null,
    qos: described?.qos ?? null,
    originatingStatistics: statisticsOf(evidence, evidence.originating),
    terminatingStatistics: statisticsOf(evidence, evidence.terminating),
    endCause: evidence.endCause,
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

/** Where nobody told of a hang-up, the journal of a gateway that died knows better than a guess when the call ended. */
function endOf({ witnessedEnd, ends }: CallEvidence, answer: CallInstant | null): CallInstant | null {
  const journalled = firstEnd(ends, answer);
  return witnessedEnd?.from === "inferred" ? (journalled ?? witnessedEnd) : (witnessedEnd ?? journalled);
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

function rounded(span: CallSpan): CallSpan {
  return { ...span, errorMs: Math.ceil(span.errorMs) };
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
