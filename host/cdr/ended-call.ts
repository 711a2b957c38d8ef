/**
 * A call that was over before this server came: all that is known of it stands in the journals, and in the rows of an
 * earlier poll.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { readCallTag, splitEndpoint } from "../call-agent/call-tag.js";
import type { BilledLeg, CallEvidence } from "./billing.js";
import type { EndCause } from "./call-detail-record.js";
import { inferredInstant } from "./call-time.js";
import type { JournalBook } from "./journal-book.js";

/** The tag's clock is another server's. */
const setupErrorMs = 1_000;

export function endedCallEvidence(
  callId: string,
  book: JournalBook,
  rows: readonly ActiveConnection[],
  at: { readonly nowMs: number; readonly wallMs: number },
): CallEvidence {
  const events = book.eventsOf(callId);
  const ends = book.endsOf(callId);
  const connections = [...ends.map(({ connection }) => connection), ...rows];
  const tag = readCallTag(connections.find((connection) => connection.tag !== "")?.tag ?? "");
  const leg = (place: string, number: string): BilledLeg | null => {
    const split = splitEndpoint(place);
    return split === null ? null : { ...split, number, statistics: null };
  };
  const setupMs = tag.setupWallMs === null ? null : at.nowMs - (at.wallMs - tag.setupWallMs);
  const originating = leg(tag.originating, tag.callingNumber);
  const origin = connections.find(({ origin: { from } }) => from === "line")?.origin ?? connections[0]?.origin;
  const hungUp = events.filter(({ kind }) => kind === "on-hook").sort((a, b) => a.instant.atMs - b.instant.atMs)[0];
  const isCaller = hungUp?.gateway === originating?.gateway && hungUp?.endpoint === originating?.endpoint;
  const hangUpCause: EndCause = isCaller ? "calling-on-hook" : "called-on-hook";
  return {
    callId,
    bootId: tag.bootId === "" ? (book.bootIdOf(originating?.gateway ?? "") ?? "") : tag.bootId,
    originating,
    terminating: leg(tag.terminating, tag.calledNumber),
    originatingDevice: origin?.device ?? tag.callingNumber,
    originatingAddress: origin?.address ?? tag.originatingAddress,
    setup: setupMs === null ? null : inferredInstant(setupMs - setupErrorMs, setupMs + setupErrorMs),
    witnessedAnswer: null,
    witnessedEnd: null,
    events,
    ends,
    connections,
    endCause: hungUp === undefined ? "unknown" : hangUpCause,
  };
}
