/**
 * The records of the journal on disk, a text file of one record a line, each with its length and its checksum in front,
 * so that what a power failure tore is seen. It is written by journal-log and read by journal-replay.
 *
 *   0003 5F3C0A11 F 1                                  format version, the first record
 *   002E 8A41E6D0 B 4211 boot=5F0C;machine=..;wall=..  the gateway's start: its moment, boot id, machine, wall clock
 *   0008 11C0FFEE Q 5120                               the last sequence given before this file was written anew
 *   002A 1C291CA3 V 4310 q=12;ep=aaln/1;kind=answer    a line event
 *   01F0 91B2C4E0 D 4350 q=14;id=0A3F58;...            a connection that ended
 *   01E8 0C4B21F7 R 4320 id=0A3F58;...                 a connection that is up or answered, in place of its record before
 *   0019 D41A55E3 T 9320 1790000000000                 everything that is up still was then: moment and wall clock
 *   0007 7F0A1B2C K 1-17,20                            acknowledged
 *
 *   line = length SP checksum SP text LF     length: 4 hex digits, characters of text; checksum: 8 hex digits, its CRC-32
 *
 * A moment is whole milliseconds of the monotonic clock of that start, so it may be below 0 for what was taken over from
 * a machine's run before. V, D and R hold lines of package x-ho (docs/recovery-package.md).
 */
import type { ActiveConnection, EndedConnection, LineEventRecord } from "#protocol/active-connection.js";
import { crc32 } from "#protocol/crc32.js";
import { formatFields, parseFields, parseWholeNumber } from "#protocol/mgcp/fields.js";
import {
  readConnectionLine,
  readEndedLine,
  readLineEventLine,
  writeConnectionLine,
  writeEndedLine,
  writeLineEventLine,
} from "#protocol/mgcp/recovery-row.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { formatRanges, parseRanges, type SequenceRange } from "#protocol/sequence-ranges.js";

export const journalFormatVersion = 1;

/** One start of the gateway, by whose monotonic clock the moments behind it count. */
export interface JournalStart {
  readonly atMs: number;
  readonly wallMs: number;
  readonly bootId: string;
  /** The machine's own boot id: while it is the same, the monotonic clock went on. Empty: not known. */
  readonly machine: string;
}

export type JournalRecord =
  | { readonly kind: "format"; readonly version: number }
  | { readonly kind: "start"; readonly start: JournalStart }
  | { readonly kind: "last-sequence"; readonly sequence: number }
  | { readonly kind: "line-event"; readonly atMs: number; readonly event: LineEventRecord }
  | { readonly kind: "ended"; readonly atMs: number; readonly ended: EndedConnection }
  | { readonly kind: "active"; readonly atMs: number; readonly connection: ActiveConnection }
  | { readonly kind: "alive"; readonly atMs: number; readonly wallMs: number }
  | { readonly kind: "acknowledged"; readonly ranges: readonly SequenceRange[] };

const textCharactersMax = 0xffff;
/** Of one record; more are written as several. */
export const recordedRangesMax = 256;
const wholeMax = Number.MAX_SAFE_INTEGER;

/** With its line end. */
export function writeRecord(record: JournalRecord): string {
  const text = textOf(record);
  return `${hex(text.length, 4)} ${hex(crc32(text), 8)} ${text}\n`;
}

/** `line`: without its end. `gateway`: the domain name its connections are told under. */
export function readRecord(line: string, gateway: string): ParseResult<JournalRecord> {
  const match = /^([0-9A-F]{4}) ([0-9A-F]{8}) ([\x20-\x7e]*)$/.exec(line);
  const [, length = "", checksum = "", text = ""] = match ?? [];
  if (match === null || Number.parseInt(length, 16) !== text.length) return refused("a record that is not whole");
  if (Number.parseInt(checksum, 16) !== crc32(text)) return refused("a record whose checksum is another");
  return readText(text, gateway);
}

function textOf(record: JournalRecord): string {
  const text = unboundedText(record);
  if (text.length > textCharactersMax) throw new Error(`a journal record of ${text.length} characters`);
  return text;
}

function unboundedText(record: JournalRecord): string {
  switch (record.kind) {
    case "format":
      return `F ${record.version}`;
    case "start": {
      const { atMs, wallMs, bootId, machine } = record.start;
      return `B ${whole(atMs)} ${formatFields([
        ["boot", bootId],
        ["machine", machine],
        ["wall", String(whole(wallMs))],
      ])}`;
    }
    case "last-sequence":
      return `Q ${record.sequence}`;
    case "line-event":
      return `V ${whole(record.atMs)} ${writeLineEventLine(record.event)}`;
    case "ended":
      return `D ${whole(record.atMs)} ${writeEndedLine(record.ended)}`;
    case "active":
      return `R ${whole(record.atMs)} ${writeConnectionLine(record.connection)}`;
    case "alive":
      return `T ${whole(record.atMs)} ${whole(record.wallMs)}`;
    case "acknowledged":
      return `K ${formatRanges(record.ranges)}`;
  }
}

function readText(text: string, gateway: string): ParseResult<JournalRecord> {
  const kind = text.slice(0, 2);
  const rest = text.slice(2);
  if (kind === "F " || kind === "Q ") return readNumber(kind, rest);
  if (kind === "K ") {
    const ranges = parseRanges(rest, recordedRangesMax);
    return ranges.ok ? parsed({ kind: "acknowledged", ranges: ranges.value }) : ranges;
  }
  const space = rest.indexOf(" ");
  const atMs = readMoment(rest.slice(0, Math.max(space, 0)));
  if (atMs === null) return refused("a record without its moment");
  return readDated(kind, atMs, rest.slice(space + 1), gateway);
}

function readNumber(kind: "F " | "Q ", text: string): ParseResult<JournalRecord> {
  const number = parseWholeNumber(text, wholeMax);
  if (number === null) return refused("a record without its number");
  return parsed(kind === "F " ? { kind: "format", version: number } : { kind: "last-sequence", sequence: number });
}

function readDated(kind: string, atMs: number, line: string, gateway: string): ParseResult<JournalRecord> {
  switch (kind) {
    case "B ": {
      const start = readStart(atMs, line);
      return start.ok ? parsed({ kind: "start", start: start.value }) : start;
    }
    case "V ": {
      const event = readLineEventLine(line);
      return event.ok ? parsed({ kind: "line-event", atMs, event: event.value }) : event;
    }
    case "D ": {
      const ended = readEndedLine(gateway, line);
      return ended.ok ? parsed({ kind: "ended", atMs, ended: ended.value }) : ended;
    }
    case "R ": {
      const connection = readConnectionLine(gateway, line);
      return connection.ok ? parsed({ kind: "active", atMs, connection: connection.value }) : connection;
    }
    case "T ": {
      const wallMs = parseWholeNumber(line, wholeMax);
      return wallMs === null ? refused("a checkpoint without its wall clock") : parsed({ kind: "alive", atMs, wallMs });
    }
    default:
      return refused("a record of no known kind");
  }
}

function readStart(atMs: number, line: string): ParseResult<JournalStart> {
  const fields = parseFields(line);
  if (!fields.ok) return fields;
  const bootId = fields.value.get("boot") ?? "";
  const wallMs = parseWholeNumber(fields.value.get("wall") ?? "", wholeMax);
  if (bootId === "" || wallMs === null) return refused("a start without boot id or wall clock");
  return parsed({ atMs, wallMs, bootId, machine: fields.value.get("machine") ?? "" });
}

function readMoment(text: string): number | null {
  if (!/^-?\d{1,15}$/.test(text)) return null;
  return Number(text);
}

/** Negative zero would be written as it is not read. */
function whole(ms: number): number {
  return Math.round(ms) + 0;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
