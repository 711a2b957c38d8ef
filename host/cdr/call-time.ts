/**
 * Instants of a call and what is known of their exactness. An instant is kept on this server's monotonic clock, and
 * where a gateway's journal told it on that gateway's clock too: two events of one boot of one gateway then give a
 * duration without the network in it. Wall clocks enter only when a record is written.
 */
export const provenances = ["journalled", "witnessed", "audited", "inferred"] as const;
/**
 * journalled: a line event in the gateway's journal, with its age; witnessed: a Notify when it arrived here;
 * audited: read off a connection in an audit; inferred: somewhere between two observations.
 */
export type Provenance = (typeof provenances)[number];

export interface CallInstant {
  /** Monotonic, this server's. */
  readonly atMs: number;
  /** The true instant is within this of `atMs`. */
  readonly errorMs: number;
  readonly from: Provenance;
  readonly onGateway: GatewayInstant | null;
}

/** Monotonic, since the start `bootId` of the gateway; below 0 for what happened before it. */
export interface GatewayInstant {
  readonly bootId: string;
  readonly atMs: number;
  /** The true instant is within this of `atMs`, by that clock; its rounding included. */
  readonly errorMs: number;
}

export interface CallSpan {
  readonly ms: number;
  readonly errorMs: number;
  readonly from: Provenance;
}

/** Ages are whole milliseconds at both ends. */
const roundingMs = 1;

/** When an audit was asked and answered, this server's monotonic clock. */
export interface AuditSpan {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** What a journal says of one entry. */
export interface ToldMoment {
  readonly ageMs: number;
  /** It may have been so much later. */
  readonly errorMs: number;
  /** The start of the gateway under which it happened. */
  readonly bootId: string | null;
}

/** Carried over a restart of its machine by wall clocks, an age may be off by so much; a duration is not. */
const otherBootErrorMs = 1_000;

/** An event that a gateway says is so old: the age was taken somewhere between question and answer. */
export function journalledInstant(
  { ageMs, errorMs, bootId }: ToldMoment,
  span: AuditSpan,
  gateway: { readonly bootId: string | null; readonly upMs: number | null },
): CallInstant {
  const halfMs = (span.answeredAtMs - span.askedAtMs) / 2;
  const { bootId: clock, upMs } = gateway;
  const onGateway =
    clock === null || upMs === null ? null : { bootId: clock, atMs: upMs - ageMs, errorMs: errorMs + roundingMs };
  const carriedErrorMs = bootId === clock ? 0 : otherBootErrorMs;
  return {
    atMs: span.askedAtMs + halfMs - ageMs,
    errorMs: Math.ceil(halfMs) + roundingMs + errorMs + carriedErrorMs,
    from: "journalled",
    onGateway,
  };
}

/** A bare Notify carries no time and may have been repeated for a while before it got through. */
export const witnessErrorMs = 1_000;

export function witnessedInstant(nowMs: number): CallInstant {
  return { atMs: nowMs - witnessErrorMs / 2, errorMs: witnessErrorMs / 2, from: "witnessed", onGateway: null };
}

/** It happened after `earliestMs` and not later than `latestMs`. */
export function inferredInstant(earliestMs: number, latestMs: number): CallInstant {
  const halfMs = Math.max(0, latestMs - earliestMs) / 2;
  return { atMs: earliestMs + halfMs, errorMs: Math.ceil(halfMs) + roundingMs, from: "inferred", onGateway: null };
}

/** A smaller error first, then the more direct source, then the earlier; so that every server chooses the same. */
export function betterInstant(a: CallInstant | null, b: CallInstant | null): CallInstant | null {
  if (a === null || b === null) return a ?? b;
  const difference =
    a.errorMs - b.errorMs || provenances.indexOf(a.from) - provenances.indexOf(b.from) || a.atMs - b.atMs;
  return difference <= 0 ? a : b;
}

/** Of whole milliseconds; an end before the answer makes none. */
export function wholeSpan(ms: number, errorMs: number, from: Provenance): CallSpan {
  return { ms: Math.max(0, Math.round(ms)), errorMs: Math.ceil(errorMs), from };
}
