/**
 * The audit of package x-ho: what a gateway has to tell in as many replies to AUEP as it needs, each within the asker's
 * datagram size. A page starts with the gateway's own line, goes through the connections in the order they were made and
 * then through the journal (line events and ended connections) in the order of its sequence, and ends with a cursor when
 * more follows. Asked since a counter it goes through what is gone and what changed behind that instead.
 *
 *   x-ho/B: boot=5F0C;k=112;...        every page
 *   x-ho/X: 0A3F57 0A3F59              any number, since a counter only
 *   x-ho/R: id=0A3F58;...              any number
 *   x-ho/V: q=12;...  x-ho/D: q=14;... any number
 *   x-ho/N: M.131                      go on behind this place
 *
 * The cursor names a place, not a snapshot, and a page costs what its rows cost: nothing is kept for an asker, and what
 * comes and goes between two pages disturbs nothing. What was made or changed behind the first page's counter the next
 * audit since that counter finds.
 *
 *   M.<counter>            connections made behind it, then the journal
 *   M.<counter>.<counter>  connections made behind the first and not behind the second, nothing else
 *   G.<counter>            what is gone behind it, then what changed since the counter asked for, then the journal
 *   C.<counter>            connections changed behind it, then the journal
 *   J.<sequence>           journal entries behind it
 */
import type { ActiveConnection, EndedConnection, GatewaySnapshot, LineEventRecord } from "../active-connection.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { readExtensions } from "./extension-parameters.js";
import { parseWholeNumber } from "./fields.js";
import { endpointMatches } from "./local-name.js";
import type { ExtensionParameter, MgcpParameters } from "./message.js";
import { type AuditRequest, partsMax, recoveryParameters } from "./recovery-package.js";
import {
  type BootLine,
  goneIdsMax,
  readBootLine,
  readConnectionLine,
  readEndedLine,
  readGoneLine,
  readLineEventLine,
  writeBootLine,
  writeConnectionLine,
  writeEndedLine,
  writeGoneLine,
  writeLineEventLine,
} from "./recovery-row.js";

/** What a reply spends beside these lines: its first line, an epoch, the cursor. */
const replyReserveBytes = 400;

/** A part is worth a question of its own from so many pages on: a small audit would have more pages in more parts. */
const partPagesMin = 2;

/** A connection at its place in an order; `describe` makes its row, and is asked only for rows that are told. */
export interface PlacedConnection {
  readonly counter: number;
  readonly endpoint: string;
  readonly describe: () => ActiveConnection;
}

export type PlacedEntry =
  | { readonly kind: "line-event"; readonly sequence: number; readonly event: LineEventRecord }
  | { readonly kind: "ended"; readonly sequence: number; readonly ended: EndedConnection };

/** What pages are made from, read from any place on. All of it ascends. */
export interface AuditSource {
  readonly boot: BootLine;
  readonly madeBehind: (counter: number) => Iterable<PlacedConnection>;
  readonly changedBehind: (counter: number) => Iterable<PlacedConnection>;
  /** Whether all that ended behind this counter is remembered. */
  readonly remembersGone: (counter: number) => boolean;
  readonly goneBehind: (counter: number) => Iterable<{ readonly counter: number; readonly value: string }>;
  readonly journalBehind: (sequence: number) => Iterable<PlacedEntry>;
  /** Counters that part the connections made behind one into about equal parts, of so many connections at least. */
  readonly partitions: (counter: number, parts: number, least: number) => readonly number[];
}

/** What was asked of one gateway comes in pages of this: a snapshot's part, and where to go on. */
export interface AuditPage extends GatewaySnapshot {
  /** Cursors for the next requests; none when there is nothing beyond this page. */
  readonly next: readonly string[];
}

/**
 * One page. `pattern` is the local endpoint name that was asked (`*` or one endpoint). A page holds at least one row
 * however small bytesMax is, so that paging always ends. Null for a cursor that is not one of ours (803).
 */
export function writeAuditPage(
  source: AuditSource,
  request: AuditRequest,
  pattern: string,
  bytesMax: number,
): { extensions: ExtensionParameter[]; next: readonly string[] } | null {
  const since = sinceOf(source, request);
  const start: Place = since === null ? { in: "made", behind: 0, upTo: null } : { in: "gone", behind: since };
  const place = request.after === null ? start : parseCursor(request.after);
  if (place === null || !isKnown(place, since, source)) return null;
  const boot = writeBootLine(since === null ? source.boot : { ...source.boot, since });
  const extensions: ExtensionParameter[] = [{ name: recoveryParameters.boot, value: boot }];
  let room = bytesMax - replyReserveBytes - sizeOf(boot);
  let last: Place | null = null;
  for (const { place: at, name, write } of rowsBehind(place, since, source, pattern)) {
    const value = write();
    room -= sizeOf(value);
    if (room < 0 && last !== null) {
      const parts = request.after === null ? (request.parts ?? 1) : 1;
      const next = cursors(last, parts, partPagesMin * (extensions.length - 1), source);
      for (const cursor of next) extensions.push({ name: recoveryParameters.next, value: cursor });
      return { extensions, next };
    }
    extensions.push({ name, value });
    last = at;
  }
  return { extensions, next: [] };
}

/** `gateway` is the domain name that was asked. A line of a later version's own name is not looked at. */
export function readAuditPage(gateway: string, parameters: MgcpParameters): ParseResult<AuditPage> {
  const [bootText, ...more] = readExtensions(parameters, recoveryParameters.boot);
  if (bootText === undefined || more.length > 0) return refused("an audit page has one x-ho/B");
  const boot = readBootLine(bootText);
  const connections = readAll(parameters, recoveryParameters.connection, (text) => readConnectionLine(gateway, text));
  const lineEvents = readAll(parameters, recoveryParameters.lineEvent, readLineEventLine);
  const ended = readAll(parameters, recoveryParameters.ended, (text) => readEndedLine(gateway, text));
  const gone = readAll(parameters, recoveryParameters.gone, readGoneLine);
  if (!boot.ok) return boot;
  if (!connections.ok) return connections;
  if (!lineEvents.ok) return lineEvents;
  if (!ended.ok) return ended;
  if (!gone.ok) return gone;
  const next = readExtensions(parameters, recoveryParameters.next);
  if (next.length > partsMax) return refused(`above ${partsMax} cursors`);
  return parsed({
    gateway,
    ...boot.value,
    connections: connections.value,
    lineEvents: lineEvents.value,
    ended: ended.value,
    ...(boot.value.since !== undefined && { gone: gone.value.flat() }),
    next,
  });
}

type Place =
  | { readonly in: "made"; readonly behind: number; readonly upTo: number | null }
  | { readonly in: "gone" | "changed" | "journal"; readonly behind: number };

interface Row {
  /** The next page goes on behind this. */
  readonly place: Place;
  readonly name: string;
  readonly write: () => string;
}

/** Null: everything is to be told, as nothing is known of that counter, or not enough. */
function sinceOf({ boot, remembersGone }: AuditSource, { since }: AuditRequest): number | null {
  if (since === null || since.bootId !== boot.bootId || since.counter > (boot.counter ?? 0)) return null;
  return remembersGone(since.counter) ? since.counter : null;
}

/** A page that goes on since a counter of which too much was forgotten meanwhile would tell a part as the whole. */
function isKnown(place: Place, since: number | null, { remembersGone }: AuditSource): boolean {
  if (place.in === "gone") return since !== null && remembersGone(place.behind);
  return place.in !== "changed" || since !== null;
}

function parseCursor(text: string): Place | null {
  const match = /^([MGCJ])\.(\d{1,16})(?:\.(\d{1,16}))?$/.exec(text);
  const behind = parseWholeNumber(match?.[2] ?? "", Number.MAX_SAFE_INTEGER);
  if (match === null || behind === null) return null;
  const upTo = match[3] === undefined ? null : parseWholeNumber(match[3], Number.MAX_SAFE_INTEGER);
  if (match[1] === "M") return { in: "made", behind, upTo };
  if (match[3] !== undefined) return null;
  return { in: match[1] === "G" ? "gone" : match[1] === "C" ? "changed" : "journal", behind };
}

function formatCursor(place: Place): string {
  if (place.in !== "made") return `${{ gone: "G", changed: "C", journal: "J" }[place.in]}.${place.behind}`;
  return place.upTo === null ? `M.${place.behind}` : `M.${place.behind}.${place.upTo}`;
}

/** Only the last of the parts goes on with the journal. */
function cursors(place: Place, parts: number, least: number, source: AuditSource): string[] {
  if (place.in !== "made" || place.upTo !== null || parts === 1) return [formatCursor(place)];
  const next: string[] = [];
  let { behind } = place;
  for (const upTo of source.partitions(behind, parts, least)) {
    next.push(formatCursor({ in: "made", behind, upTo }));
    behind = upTo;
  }
  return [...next, formatCursor({ in: "made", behind, upTo: null })];
}

function* rowsBehind(place: Place, since: number | null, source: AuditSource, pattern: string): Generator<Row> {
  if (place.in === "made") {
    const { behind, upTo } = place;
    yield* connectionRows(source.madeBehind(behind), pattern, upTo, (counter) => ({
      in: "made",
      behind: counter,
      upTo,
    }));
    if (upTo !== null) return;
  }
  if (place.in === "gone") yield* goneRows(source.goneBehind(place.behind));
  if (place.in === "gone" || place.in === "changed") {
    const changed = source.changedBehind(place.in === "changed" ? place.behind : (since ?? 0));
    yield* connectionRows(changed, pattern, null, (counter) => ({ in: "changed", behind: counter }));
  }
  yield* journalRows(source.journalBehind(place.in === "journal" ? place.behind : 0), pattern);
}

function* connectionRows(
  connections: Iterable<PlacedConnection>,
  pattern: string,
  upTo: number | null,
  placeAt: (counter: number) => Place,
): Generator<Row> {
  for (const { counter, endpoint, describe } of connections) {
    if (upTo !== null && counter > upTo) return;
    if (!endpointMatches(pattern, endpoint)) continue;
    const write = () => writeConnectionLine(describe());
    yield { place: placeAt(counter), name: recoveryParameters.connection, write };
  }
}

/** Whatever its endpoint was: nobody minds to hear that what it never heard of is gone. */
function* goneRows(gone: Iterable<{ readonly counter: number; readonly value: string }>): Generator<Row> {
  let ids: string[] = [];
  const { gone: name } = recoveryParameters;
  const row = (told: readonly string[], behind: number): Row => ({
    place: { in: "gone", behind },
    name,
    write: () => writeGoneLine(told),
  });
  let behind = 0;
  for (const { counter, value } of gone) {
    ids.push(value);
    behind = counter;
    if (ids.length < goneIdsMax) continue;
    yield row(ids, behind);
    ids = [];
  }
  if (ids.length > 0) yield row(ids, behind);
}

function* journalRows(entries: Iterable<PlacedEntry>, pattern: string): Generator<Row> {
  for (const entry of entries) {
    const place = { in: "journal", behind: entry.sequence } as const;
    if (entry.kind === "line-event") {
      const { event } = entry;
      if (!endpointMatches(pattern, event.endpoint)) continue;
      yield { place, name: recoveryParameters.lineEvent, write: () => writeLineEventLine(event) };
    } else {
      const { ended } = entry;
      if (!endpointMatches(pattern, ended.connection.endpoint)) continue;
      yield { place, name: recoveryParameters.ended, write: () => writeEndedLine(ended) };
    }
  }
}

/** A line is its name, colon, space and line end more than its value, which is ASCII. */
function sizeOf(value: string): number {
  return value.length + "x-ho/R: \r\n".length;
}

function readAll<T>(
  parameters: MgcpParameters,
  name: string,
  read: (text: string) => ParseResult<T>,
): ParseResult<T[]> {
  const values: T[] = [];
  for (const text of readExtensions(parameters, name)) {
    const result = read(text);
    if (!result.ok) return refused(`${name}: ${result.reason}`);
    values.push(result.value);
  }
  return parsed(values);
}
