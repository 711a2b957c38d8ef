/**
 * The audit of package x-ho: a gateway's whole snapshot in as many replies to AUEP as it needs, each within the asker's
 * datagram size. A page starts with the gateway's own line, goes through the connections in the order of their ids and
 * then through the journal (line events and ended connections) in the order of its sequence, and ends with a cursor when
 * more follows:
 *
 *   x-ho/B: boot=5F0C;k=112;...        every page
 *   x-ho/R: id=0A3F58;...              any number
 *   x-ho/V: q=12;...  x-ho/D: q=14;... any number
 *   x-ho/N: R.0A3F58                   go on behind this connection; `J.12` behind this journal entry
 *
 * The cursor names a place, not a snapshot: what comes and goes between two pages disturbs nothing, and a connection
 * made behind the cursor has a changedAt above the first page's counter.
 */
import type { ActiveConnection, GatewaySnapshot } from "../active-connection.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { readExtensions } from "./extension-parameters.js";
import { parseWholeNumber } from "./fields.js";
import { endpointMatches } from "./local-name.js";
import type { ExtensionParameter, MgcpParameters } from "./message.js";
import { type AuditRequest, recoveryParameters } from "./recovery-package.js";
import {
  readBootLine,
  readConnectionLine,
  readEndedLine,
  readLineEventLine,
  writeBootLine,
  writeConnectionLine,
  writeEndedLine,
  writeLineEventLine,
} from "./recovery-row.js";

/** What a reply spends beside these lines: its first line, an epoch, the cursor. */
const replyReserveBytes = 400;

/** What was asked of one gateway comes in pages of this: a snapshot's part, and where to go on. */
export interface AuditPage extends GatewaySnapshot {
  /** Cursor for the next request; null when this was the last page. */
  readonly next: string | null;
}

/**
 * One page of the snapshot. `pattern` is the local endpoint name that was asked (`*` or one endpoint). A page holds at
 * least one row however small bytesMax is, so that paging always ends. Null for a cursor that is not one of ours (803).
 */
export function writeAuditPage(
  snapshot: GatewaySnapshot,
  request: AuditRequest,
  pattern: string,
  bytesMax: number,
): { extensions: ExtensionParameter[]; next: string | null } | null {
  const place = request.after === null ? start : parseCursor(request.after);
  if (place === null) return null;
  const extensions: ExtensionParameter[] = [{ name: recoveryParameters.boot, value: writeBootLine(snapshot) }];
  let room = bytesMax - replyReserveBytes - sizeOf(writeBootLine(snapshot));
  let next: string | null = null;
  let rows = 0;
  for (const { cursor, name, write } of rowsBehind(place, snapshot, request, pattern)) {
    const value = write();
    room -= sizeOf(value);
    if (room < 0 && rows > 0) {
      extensions.push({ name: recoveryParameters.next, value: next ?? "" });
      return { extensions, next };
    }
    extensions.push({ name, value });
    next = cursor;
    rows += 1;
  }
  return { extensions, next: null };
}

/** `gateway` is the domain name that was asked. A line of a later version's own name is not looked at. */
export function readAuditPage(gateway: string, parameters: MgcpParameters): ParseResult<AuditPage> {
  const [bootText, ...more] = readExtensions(parameters, recoveryParameters.boot);
  if (bootText === undefined || more.length > 0) return refused("an audit page has one x-ho/B");
  const boot = readBootLine(bootText);
  const connections = readAll(parameters, recoveryParameters.connection, (text) => readConnectionLine(gateway, text));
  const lineEvents = readAll(parameters, recoveryParameters.lineEvent, readLineEventLine);
  const ended = readAll(parameters, recoveryParameters.ended, (text) => readEndedLine(gateway, text));
  if (!boot.ok) return boot;
  if (!connections.ok) return connections;
  if (!lineEvents.ok) return lineEvents;
  if (!ended.ok) return ended;
  return parsed({
    gateway,
    ...boot.value,
    connections: connections.value,
    lineEvents: lineEvents.value,
    ended: ended.value,
    next: readExtensions(parameters, recoveryParameters.next)[0] ?? null,
  });
}

/** Pages put together. The first page's counter stands: what changed since is found by the next audit. */
export class AuditPages {
  #first: AuditPage | null = null;
  readonly #connections = new Map<string, ActiveConnection>();
  readonly #lineEvents: GatewaySnapshot["lineEvents"][number][] = [];
  readonly #ended: GatewaySnapshot["ended"][number][] = [];

  /** False when the gateway restarted since the page before: what was collected is of another life. */
  add(page: AuditPage): boolean {
    this.#first ??= page;
    if (this.#first.bootId !== page.bootId) return false;
    for (const connection of page.connections) this.#connections.set(connection.connectionId, connection);
    // By the gateway's own clock: what ended since the first page was told there as active.
    const sinceFirstMs = (page.upMs ?? 0) - (this.#first.upMs ?? 0);
    for (const { connection, endedAgeMs } of page.ended) {
      if (sinceFirstMs > 0 && endedAgeMs <= sinceFirstMs) this.#connections.delete(connection.connectionId);
    }
    this.#lineEvents.push(...page.lineEvents);
    this.#ended.push(...page.ended);
    return true;
  }

  get rows(): number {
    return this.#connections.size + this.#lineEvents.length + this.#ended.length;
  }

  /** Null before the first page. A connection that ended between two pages is told as ended only. */
  snapshot(): GatewaySnapshot | null {
    if (this.#first === null) return null;
    const { gateway, bootId, counter, upMs, epoch, heard } = this.#first;
    return {
      gateway,
      bootId,
      counter,
      upMs,
      epoch,
      heard,
      connections: [...this.#connections.values()],
      lineEvents: this.#lineEvents,
      ended: this.#ended,
    };
  }
}

type Place =
  | { readonly in: "connections"; readonly behind: string }
  | { readonly in: "journal"; readonly behind: number };

const start: Place = { in: "connections", behind: "" };

interface Row {
  /** Goes on behind this row. */
  readonly cursor: string;
  readonly name: string;
  readonly write: () => string;
}

function parseCursor(text: string): Place | null {
  if (/^R\.[0-9A-Fa-f]{1,32}$/.test(text)) return { in: "connections", behind: text.slice(2).toUpperCase() };
  const behind = text.startsWith("J.") ? parseWholeNumber(text.slice(2), Number.MAX_SAFE_INTEGER) : null;
  return behind === null ? null : { in: "journal", behind };
}

function* rowsBehind(place: Place, snapshot: GatewaySnapshot, request: AuditRequest, pattern: string): Generator<Row> {
  if (place.in === "connections") yield* connectionRows(place.behind, snapshot, request, pattern);
  yield* journalRows(place.in === "journal" ? place.behind : -1, snapshot, pattern);
}

function* connectionRows(
  behind: string,
  snapshot: GatewaySnapshot,
  request: AuditRequest,
  pattern: string,
): Generator<Row> {
  const since = request.since?.bootId === snapshot.bootId ? (request.since?.counter ?? -1) : -1;
  const wanted = snapshot.connections
    .filter((connection) => connection.connectionId > behind && connection.changedAt > since)
    .filter((connection) => endpointMatches(pattern, connection.endpoint))
    .sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  for (const connection of wanted) {
    const cursor = `R.${connection.connectionId}`;
    yield { cursor, name: recoveryParameters.connection, write: () => writeConnectionLine(connection) };
  }
}

function* journalRows(behind: number, snapshot: GatewaySnapshot, pattern: string): Generator<Row> {
  const events = snapshot.lineEvents
    .filter((event) => event.sequence > behind && endpointMatches(pattern, event.endpoint))
    .map((event) => ({
      sequence: event.sequence,
      name: recoveryParameters.lineEvent,
      write: () => writeLineEventLine(event),
    }));
  const ended = snapshot.ended
    .filter((entry) => entry.sequence > behind && endpointMatches(pattern, entry.connection.endpoint))
    .map((entry) => ({ sequence: entry.sequence, name: recoveryParameters.ended, write: () => writeEndedLine(entry) }));
  for (const { sequence, ...row } of [...events, ...ended].sort((a, b) => a.sequence - b.sequence)) {
    yield { cursor: `J.${sequence}`, ...row };
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
