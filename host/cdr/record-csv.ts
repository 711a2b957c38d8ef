/**
 * Call detail records as comma-separated values (RFC 4180): a head line, CR LF ends, a field in quotes where it holds a
 * comma, a quote, or a line end, quotes doubled. Times are ISO 8601 in UTC, with their error in ms and their provenance.
 * What is not known is an empty field.
 */
import type { CallDetailRecord, RecordedStatistics, RecordedTime } from "./call-detail-record.js";

type Cell = string | number | null;
type Column = readonly [name: string, cell: (record: CallDetailRecord) => Cell];

const columns: readonly Column[] = [
  ["call_id", ({ callId }) => callId],
  ["boot_id", ({ bootId }) => bootId],
  ["calling_number", ({ callingNumber }) => callingNumber],
  ["called_number", ({ calledNumber }) => calledNumber],
  ["originating_device", ({ originatingDevice }) => originatingDevice],
  ["originating_address", ({ originatingAddress }) => originatingAddress],
  ["originating_gateway", ({ originating }) => originating?.gateway ?? null],
  ["originating_endpoint", ({ originating }) => originating?.endpoint ?? null],
  ["terminating_gateway", ({ terminating }) => terminating?.gateway ?? null],
  ["terminating_endpoint", ({ terminating }) => terminating?.endpoint ?? null],
  ...timeColumns("setup", ({ setup }) => setup),
  ...timeColumns("answer", ({ answer }) => answer),
  ...timeColumns("end", ({ end }) => end),
  ["duration_ms", ({ duration }) => duration?.ms ?? null],
  ["duration_error_ms", ({ duration }) => duration?.errorMs ?? null],
  ["duration_from", ({ duration }) => duration?.from ?? null],
  ["encoding", ({ coding }) => coding?.encoding ?? null],
  ["clock_rate_hz", ({ coding }) => coding?.clockRateHz ?? null],
  ["ptime_ms", ({ coding }) => coding?.ptimeMs ?? null],
  ["dscp", ({ qos }) => qos?.dscp ?? null],
  ["reservation", ({ qos }) => qos?.reservation ?? null],
  ...statisticsColumns("originating", ({ originatingStatistics }) => originatingStatistics),
  ...statisticsColumns("terminating", ({ terminatingStatistics }) => terminatingStatistics),
  ["end_cause", ({ endCause }) => endCause],
  ["end_reason", ({ endReason }) => endReason],
  ["written_by", ({ writtenBy }) => writtenBy.join(" ")],
];

/** With its line end. */
export function csvHead(): string {
  return csvLine(columns.map(([name]) => name));
}

/** With its line end. */
export function csvRow(record: CallDetailRecord): string {
  return csvLine(columns.map(([, cell]) => cell(record)));
}

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map((cell) => quoted(String(cell ?? ""))).join(",")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function timeColumns(name: string, of: (record: CallDetailRecord) => RecordedTime | null): Column[] {
  return [
    [name, (record) => isoTime(of(record)?.wallMs ?? null)],
    [`${name}_error_ms`, (record) => of(record)?.errorMs ?? null],
    [`${name}_from`, (record) => of(record)?.from ?? null],
  ];
}

function statisticsColumns(side: string, of: (record: CallDetailRecord) => RecordedStatistics | null): Column[] {
  return [
    [`${side}_packets_sent`, (record) => of(record)?.packetsSent ?? null],
    [`${side}_octets_sent`, (record) => of(record)?.octetsSent ?? null],
    [`${side}_packets_received`, (record) => of(record)?.packetsReceived ?? null],
    [`${side}_octets_received`, (record) => of(record)?.octetsReceived ?? null],
    [`${side}_packets_lost`, (record) => of(record)?.packetsLost ?? null],
    [`${side}_jitter_ms`, (record) => of(record)?.jitterMs ?? null],
  ];
}

/** ECMA-262 section 21.4.1.1: beyond this there is no date. */
const dateMsMax = 8.64e15;

export function isoTime(wallMs: number | null): string | null {
  return wallMs === null || Math.abs(wallMs) > dateMsMax ? null : new Date(wallMs).toISOString();
}
