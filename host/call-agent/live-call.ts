/**
 * A call with everything about it that is not its state: what goes into the tag and the record. A value; call-agent.ts
 * holds them.
 */

import type { MgcpResponse } from "#protocol/mgcp/message.js";
import type { BilledLeg, CallEvidence } from "../cdr/billing.js";
import type { EndCause, RecordedStatistics } from "../cdr/call-detail-record.js";
import type { CallInstant } from "../cdr/call-time.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Call, ReleaseCause, Side } from "./call.js";
import { writeCallTag } from "./call-tag.js";

export interface LiveCall {
  readonly call: Call;
  readonly device: string;
  readonly deviceAddress: string | null;
  /** Of the originating gateway, when the call began. */
  readonly bootId: string;
  readonly setup: CallInstant | null;
  readonly setupWallMs: number | null;
  readonly answerWallMs: number | null;
  readonly witnessedAnswer: CallInstant | null;
  /** The hang-up; or inferred, between the last audit that showed a connection and the one that did not. */
  readonly witnessedEnd: CallInstant | null;
  /** Of a call found talking: as far as audits and an older tag bound it. */
  readonly inferredAnswer: CallInstant | null;
  readonly wasFoundTalking: boolean;
  /** E: of a gateway that deleted a connection itself (RFC 3435 section 2.5); null where none did. */
  readonly endReason: string | null;
  readonly statistics: Readonly<Partial<Record<Side, RecordedStatistics>>>;
  /** When this server learnt of each leg's connection; an audit asked before that says nothing of it. */
  readonly madeAtMs: Readonly<Partial<Record<Side, number>>>;
  /** When the last audit that showed it was asked. */
  readonly seenAtMs: Readonly<Partial<Record<Side, number>>>;
}

export const unknownCall: Omit<LiveCall, "call"> = {
  device: "",
  deviceAddress: null,
  bootId: "",
  setup: null,
  setupWallMs: null,
  answerWallMs: null,
  witnessedAnswer: null,
  witnessedEnd: null,
  inferredAnswer: null,
  wasFoundTalking: false,
  endReason: null,
  statistics: {},
  madeAtMs: {},
  seenAtMs: {},
};

/** An answer to a deletion, or a gateway's own deletion. */
type Told = Pick<MgcpResponse, "parameters">;

/** P: (RFC 3435 section 3.2.2.7); null where there is none. */
export function toldStatistics({ parameters: { connectionParameters: told } }: Told): RecordedStatistics | null {
  if (told === undefined) return null;
  return {
    packetsSent: told.packetsSent ?? null,
    octetsSent: told.octetsSent ?? null,
    packetsReceived: told.packetsReceived ?? null,
    octetsReceived: told.octetsReceived ?? null,
    packetsLost: told.packetsLost ?? null,
    jitterMs: told.jitterMs ?? null,
  };
}

export function withStatistics(live: LiveCall, side: Side, response: Told): LiveCall {
  const statistics = toldStatistics(response);
  return statistics === null ? live : { ...live, statistics: { ...live.statistics, [side]: statistics } };
}

export function tagOf(live: LiveCall): string {
  const { originating, terminating } = live.call.legs;
  return writeCallTag({
    callingNumber: originating.number,
    calledNumber: terminating.number,
    originating: `${originating.endpoint}@${originating.gateway}`,
    originatingAddress: live.deviceAddress,
    terminating: `${terminating.endpoint}@${terminating.gateway}`,
    bootId: live.bootId,
    setupWallMs: live.setupWallMs,
    answerWallMs: live.answerWallMs,
  });
}

export function evidenceOf(live: LiveCall, book: JournalBook): CallEvidence {
  const { call } = live;
  const ends = book.endsOf(call.callId);
  const leg = (side: Side): BilledLeg => {
    const { gateway, endpoint, number } = call.legs[side];
    return { gateway, endpoint, number, statistics: live.statistics[side] ?? null };
  };
  return {
    callId: call.callId,
    bootId: live.bootId,
    originating: leg("originating"),
    terminating: leg("terminating"),
    originatingDevice: live.device,
    originatingAddress: live.deviceAddress,
    setup: live.setup,
    witnessedAnswer: live.witnessedAnswer,
    witnessedEnd: live.witnessedEnd,
    inferredAnswer: live.inferredAnswer,
    wasFoundTalking: live.wasFoundTalking,
    endReason: live.endReason,
    events: book.eventsOf(call.callId),
    ends,
    connections: ends.map(({ connection }) => connection),
    endCause: call.state.name === "released" ? endCauseOf(call.state.cause) : "unknown",
  };
}

function endCauseOf(cause: ReleaseCause): EndCause {
  return cause === "no-answer" || cause === "unreachable" || cause === "refused" ? "server-released" : cause;
}
