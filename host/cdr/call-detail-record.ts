/**
 * One call as it is billed. The key is the call id together with the boot id of the originating gateway (call ids are
 * chance, but a gateway's restart may bring an old one back). Two records of one key, written by two call servers or
 * twice by one, merge into the same one in whatever order and how often they come (test/property holds that).
 */
import type { Coding, QualityOfService } from "#protocol/active-connection.js";
import { type CallSpan, type Provenance, provenances, wholeSpan } from "./call-time.js";

/** A wall clock time with what it is worth. */
export interface RecordedTime {
  readonly wallMs: number;
  readonly errorMs: number;
  readonly from: Provenance;
  /** Where a gateway's journal told it: that gateway's monotonic clock, and how unsure it is by that. */
  readonly onGateway?: { readonly bootId: string; readonly atMs: number; readonly errorMs: number };
}

export interface RecordedLine {
  readonly gateway: string;
  readonly endpoint: string;
}

/** RFC 3435 section 3.2.2.7, as the gateway gave them with the deletion; null: not told. */
export interface RecordedStatistics {
  readonly packetsSent: number | null;
  readonly octetsSent: number | null;
  readonly packetsReceived: number | null;
  readonly octetsReceived: number | null;
  readonly packetsLost: number | null;
  readonly jitterMs: number | null;
}

export const endCauses = ["calling-on-hook", "called-on-hook", "server-released", "gateway-ended", "unknown"] as const;
export type EndCause = (typeof endCauses)[number];

export interface CallDetailRecord {
  readonly callId: string;
  readonly bootId: string;
  /** Empty where no one could tell. */
  readonly callingNumber: string;
  readonly calledNumber: string;
  readonly originatingDevice: string;
  readonly originatingAddress: string | null;
  readonly originating: RecordedLine | null;
  readonly terminating: RecordedLine | null;
  readonly setup: RecordedTime | null;
  readonly answer: RecordedTime | null;
  readonly end: RecordedTime | null;
  /** From answer to the first hang-up. */
  readonly duration: CallSpan | null;
  readonly coding: Coding | null;
  readonly qos: QualityOfService | null;
  readonly originatingStatistics: RecordedStatistics | null;
  readonly terminatingStatistics: RecordedStatistics | null;
  readonly endCause: EndCause;
  /** Reason code and text of a gateway that deleted a connection itself (RFC 3435 section 2.5): `901 out of service`. */
  readonly endReason: string | null;
  /** Call servers that wrote it, sorted. */
  readonly writtenBy: readonly string[];
}

export function recordKey(record: Pick<CallDetailRecord, "callId" | "bootId">): string {
  return `${record.callId}@${record.bootId}`;
}

/** Of each fact the better known one; both must have the same key. */
export function mergeRecords(a: CallDetailRecord, b: CallDetailRecord): CallDetailRecord {
  const ended = byEnd(a, b) <= 0 ? a : b;
  const answer = leastOf(a.answer, b.answer, byAnswer);
  return {
    callId: a.callId,
    bootId: a.bootId,
    callingNumber: betterText(a.callingNumber, b.callingNumber),
    calledNumber: betterText(a.calledNumber, b.calledNumber),
    originatingDevice: betterText(a.originatingDevice, b.originatingDevice),
    originatingAddress: leastOf(a.originatingAddress, b.originatingAddress, byText),
    originating: leastOf(a.originating, b.originating, byText),
    terminating: leastOf(a.terminating, b.terminating, byText),
    setup: leastOf(a.setup, b.setup, byExactness),
    answer,
    end: ended.end,
    duration: mergedDuration(a, b, answer, ended.end),
    coding: leastOf(a.coding, b.coding, byText),
    qos: leastOf(a.qos, b.qos, byText),
    originatingStatistics: leastOf(a.originatingStatistics, b.originatingStatistics, byMostPackets),
    terminatingStatistics: leastOf(a.terminatingStatistics, b.terminatingStatistics, byMostPackets),
    endCause: ended.endCause,
    endReason: leastOf(a.endReason, b.endReason, byText),
    writtenBy: [...new Set([...a.writtenBy, ...b.writtenBy])].sort(),
  };
}

type Order<T> = (a: T, b: T) => number;

function leastOf<T>(a: T | null, b: T | null, order: Order<T>): T | null {
  if (a === null || b === null) return a ?? b;
  return order(a, b) <= 0 ? a : b;
}

/** Any order will do for facts that should be equal, as long as it is the same everywhere. */
function byText(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function byExactness<T extends { readonly errorMs: number; readonly from: Provenance }>(a: T, b: T): number {
  return a.errorMs - b.errorMs || provenances.indexOf(a.from) - provenances.indexOf(b.from) || byText(a, b);
}

/**
 * What a gateway or a server saw of an answer is not improved by when media began to flow: a call that was answered while
 * nobody was in charge is connected seconds later.
 */
function byAnswer(a: RecordedTime, b: RecordedTime): number {
  const isRead = ({ from }: RecordedTime) => Number(from === "audited" || from === "inferred");
  return isRead(a) - isRead(b) || byExactness(a, b);
}

/**
 * A call ends with the first hang-up, and a journal may have been forgotten in part but invents nothing: of two journalled
 * ends the earlier is the true one.
 */
function byEnd(a: CallDetailRecord, b: CallDetailRecord): number {
  if (a.end === null || b.end === null) return Number(a.end === null) - Number(b.end === null) || byCause(a, b);
  const source = provenances.indexOf(a.end.from) - provenances.indexOf(b.end.from);
  return source || a.end.wallMs - b.end.wallMs || byExactness(a.end, b.end) || byCause(a, b);
}

function byCause(a: CallDetailRecord, b: CallDetailRecord): number {
  return endCauses.indexOf(a.endCause) - endCauses.indexOf(b.endCause);
}

/** A duration belongs to its answer and its end: where these come from two records, it is the time between them. */
function mergedDuration(
  a: CallDetailRecord,
  b: CallDetailRecord,
  answer: RecordedTime | null,
  end: RecordedTime | null,
): CallSpan | null {
  const isOf = (record: CallDetailRecord) => byText([record.answer, record.end], [answer, end]) === 0;
  const [first, second = first] = [a, b].filter(isOf);
  if (first !== undefined) return leastOf(first.duration, second?.duration ?? null, byExactness);
  return answer === null || end === null ? null : timeBetween(answer, end);
}

/** By the gateway's clock where both are told by it; else by wall clocks, of which each is rounded. */
export function timeBetween(answer: RecordedTime, end: RecordedTime): CallSpan {
  const from = provenances[Math.max(provenances.indexOf(answer.from), provenances.indexOf(end.from))] ?? "inferred";
  const [a, b] = [answer.onGateway, end.onGateway];
  if (a !== undefined && b !== undefined && a.bootId === b.bootId)
    return wholeSpan(b.atMs - a.atMs, a.errorMs + b.errorMs, from);
  return wholeSpan(end.wallMs - answer.wallMs, answer.errorMs + end.errorMs + 1, from);
}

/** The later reading has seen more. */
function byMostPackets(a: RecordedStatistics, b: RecordedStatistics): number {
  return packets(b) - packets(a) || byText(a, b);
}

function packets(statistics: RecordedStatistics): number {
  return (statistics.packetsSent ?? 0) + (statistics.packetsReceived ?? 0);
}

function betterText(a: string, b: string): string {
  if (a === "" || b === "") return a === "" ? b : a;
  return a < b ? a : b;
}
