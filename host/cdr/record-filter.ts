/** Which call detail records somebody wants to see. Everything that is given must hold; what is null leaves it wide. */
import type { CallDetailRecord, EndCause, RecordedLine } from "./call-detail-record.js";
import type { Provenance } from "./call-time.js";

export interface RecordFilter {
  /** The call's time (`timeOf`), wall clock; from here on, and before there. */
  readonly sinceMs: number | null;
  readonly beforeMs: number | null;
  /** Of either party; `1*` is every number that begins with 1. */
  readonly number: string | null;
  /** Domain name of either gateway, in any case. */
  readonly gateway: string | null;
  readonly callId: string | null;
  /** What its duration is worth, or its answer where it has none. */
  readonly provenance: Provenance | null;
  readonly endCause: EndCause | null;
}

export const everyRecord: RecordFilter = {
  sinceMs: null,
  beforeMs: null,
  number: null,
  gateway: null,
  callId: null,
  provenance: null,
  endCause: null,
};

/** A call stands in the list where it ended, or where it was last known of; null for one without any time. */
export function timeOf({ end, answer, setup }: CallDetailRecord): number | null {
  return (end ?? answer ?? setup)?.wallMs ?? null;
}

export function provenanceOf({ duration, answer }: CallDetailRecord): Provenance | null {
  return (duration ?? answer)?.from ?? null;
}

export function isWanted(record: CallDetailRecord, filter: RecordFilter): boolean {
  const { sinceMs, beforeMs, number, gateway, callId, provenance, endCause } = filter;
  const timeMs = timeOf(record);
  if (sinceMs !== null && (timeMs === null || timeMs < sinceMs)) return false;
  if (beforeMs !== null && (timeMs === null || timeMs >= beforeMs)) return false;
  if (callId !== null && record.callId.toLowerCase() !== callId.toLowerCase()) return false;
  if (provenance !== null && provenanceOf(record) !== provenance) return false;
  if (endCause !== null && record.endCause !== endCause) return false;
  if (number !== null && ![record.callingNumber, record.calledNumber].some((one) => matches(one, number))) return false;
  return gateway === null || [record.originating, record.terminating].some((line) => isOf(line, gateway));
}

function matches(number: string, pattern: string): boolean {
  return pattern.endsWith("*") ? number.startsWith(pattern.slice(0, -1)) : number === pattern;
}

function isOf(line: RecordedLine | null, gateway: string): boolean {
  return line?.gateway.toLowerCase() === gateway.toLowerCase();
}
