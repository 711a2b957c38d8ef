/**
 * Package x-ho: media connection recovery, our experimental MGCP package (RFC 3435 sections 2.1.6 and 6), its names,
 * codes and small parameters. What an audit returns is in recovery-page.ts and recovery-row.ts; docs/recovery-package.md
 * is the same for another vendor.
 *
 *   x-ho/E: 7 ca-primary                                          epoch of the sender, or of the gateway in a reply
 *   x-ho/C: 8 ca-backup                                           claim, on EPCF *@gateway
 *   x-ho/Z: 281474976710656 ca-primary                            the epoch that a claim resets, on EPCF beside the claim
 *   x-ho/T: v=1;from=101;to=201                                   tag of a connection, on CRCX and MDCX
 *   x-ho/O: device=101;address=127.10.1.1                         originating device of a line, in the reply to CRCX
 *   x-ho/A: since=5F0C:112;after=J.9;ack=5F0C:17;acks=5F0C:20,25-30;max=16000   audit request, on AUEP
 *
 * Names are case-insensitive; a parameter that is not there reads as null, a malformed one gives its reason.
 */
import { type Epoch, tagCharactersMax } from "../active-connection.js";
import { isIpLiteral } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { formatRanges, parseRanges, type SequenceRange, SequenceRanges } from "../sequence-ranges.js";
import { readExtensions } from "./extension-parameters.js";
import { escapeLine, formatFields, parseFields, parseWholeNumber, unescapeValue } from "./fields.js";
import type { ExtensionParameter, MgcpParameters } from "./message.js";

export const recoveryPackage = { name: "x-ho", version: 1 } as const;

/** Package return codes (RFC 3435 section 6.11): `801 1204 /x-ho stale epoch`. */
export const recoveryCodes = { staleEpoch: 801, claimRefused: 802, unknownBootOrCursor: 803 } as const;

export const recoveryParameters = {
  epoch: "x-ho/E",
  claim: "x-ho/C",
  reset: "x-ho/Z",
  tag: "x-ho/T",
  origin: "x-ho/O",
  auditRequest: "x-ho/A",
  boot: "x-ho/B",
  connection: "x-ho/R",
  lineEvent: "x-ho/V",
  ended: "x-ho/D",
  gone: "x-ho/X",
  next: "x-ho/N",
} as const;

export const epochNumberMax = 2 ** 48;
/** Nobody gets here by counting failovers: an epoch from here on is a fault, and may be reset by who names it. */
export const epochResettableFrom = 2 ** 47;
export const serverCharactersMax = 64;
export const bootIdCharactersMax = 64;
export const deviceCharactersMax = 128;
export const cursorCharactersMax = 128;
/** Ranges in one acknowledgement; what is beyond is acknowledged by a later one. */
export const acknowledgedRangesMax = 128;

/** Ranges are ascending and apart; a gateway of version 1 understands only the first, where it begins at 1. */
export interface Acknowledgement {
  readonly bootId: string;
  readonly ranges: readonly SequenceRange[];
}

/** What the asker of an audit may narrow; null leaves it wide. */
export interface AuditRequest {
  /** Only connections changed after this value of the counter; another boot id than the present one: all of them. */
  readonly since: { readonly bootId: string; readonly counter: number } | null;
  /** The cursor of the page before. */
  readonly after: string | null;
  /** Journal entries of these ranges are recorded and may be forgotten. */
  readonly ack: Acknowledgement | null;
  /** Largest reply the asker takes, bytes; RFC 3435 section 3.5.4's 4,000 where it says nothing. */
  readonly bytesMax: number | null;
  /** Cursors the first page may end with, each to go on from by itself; one where it says nothing. */
  readonly parts: number | null;
}

export const wholeAudit: AuditRequest = { since: null, after: null, ack: null, bytesMax: null, parts: null };

export const partsMax = 16;

/** The station of a line, as its gateway tells the call server. */
export interface StationOrigin {
  readonly device: string;
  /** IP literal; null where the gateway does not know it. */
  readonly address: string | null;
}

export function writeEpoch(epoch: Epoch): ExtensionParameter {
  return { name: recoveryParameters.epoch, value: formatEpoch(epoch) };
}

export function readEpoch(parameters: MgcpParameters): ParseResult<Epoch | null> {
  return readOne(parameters, recoveryParameters.epoch, parseEpoch);
}

export function writeClaim(claim: Epoch): ExtensionParameter {
  return { name: recoveryParameters.claim, value: formatEpoch(claim) };
}

export function readClaim(parameters: MgcpParameters): ParseResult<Epoch | null> {
  return readOne(parameters, recoveryParameters.claim, parseEpoch);
}

/** `present`: the epoch as the gateway told it; a reset of any other is refused, so that none can be played again. */
export function writeReset(present: Epoch): ExtensionParameter {
  return { name: recoveryParameters.reset, value: formatEpoch(present) };
}

export function readReset(parameters: MgcpParameters): ParseResult<Epoch | null> {
  return readOne(parameters, recoveryParameters.reset, parseEpoch);
}

/** The tag is printable ASCII; spaces at its ends and a leading quote would not survive the line, so they are escaped. */
export function writeTag(tag: string): ExtensionParameter {
  return { name: recoveryParameters.tag, value: escapeLine(tag) };
}

export function readTag(parameters: MgcpParameters): ParseResult<string | null> {
  return readOne(parameters, recoveryParameters.tag, (value) => {
    const tag = unescapeValue(value);
    if (tag === null) return refused("a broken %XX");
    if (tag.length > tagCharactersMax) return refused(`tag above ${tagCharactersMax} characters`);
    return /^[\x20-\x7e]*$/.test(tag) ? parsed(tag) : refused("tag is not printable ASCII");
  });
}

export function writeOrigin(origin: StationOrigin): ExtensionParameter {
  const fields: [string, string][] = [["device", origin.device]];
  if (origin.address !== null) fields.push(["address", origin.address]);
  return { name: recoveryParameters.origin, value: formatFields(fields) };
}

export function readOrigin(parameters: MgcpParameters): ParseResult<StationOrigin | null> {
  return readOne(parameters, recoveryParameters.origin, (value) => {
    const fields = parseFields(value);
    if (!fields.ok) return fields;
    const device = fields.value.get("device") ?? "";
    const address = fields.value.get("address") ?? null;
    if (device.length > deviceCharactersMax) return refused(`device above ${deviceCharactersMax} characters`);
    if (address !== null && !isIpLiteral(address)) return refused("address is not an IP address");
    return parsed({ device, address });
  });
}

export function writeAuditRequest(request: AuditRequest): ExtensionParameter {
  const { since, after, ack, bytesMax, parts } = request;
  const fields: [string, string][] = [];
  if (since !== null) fields.push(["since", `${since.bootId}:${since.counter}`]);
  if (after !== null) fields.push(["after", after]);
  fields.push(...acknowledgementFields(ack));
  if (bytesMax !== null) fields.push(["max", String(bytesMax)]);
  if (parts !== null) fields.push(["parts", String(parts)]);
  return { name: recoveryParameters.auditRequest, value: formatFields(fields) };
}

/** An empty `x-ho/A:` asks for everything; null where there is no such line. Keys of a later version are passed over. */
export function readAuditRequest(parameters: MgcpParameters): ParseResult<AuditRequest | null> {
  return readOne(parameters, recoveryParameters.auditRequest, (value) => {
    const fields = parseFields(value);
    if (!fields.ok) return fields;
    const since = parseMark(fields.value.get("since"));
    const ack = readAcknowledgement(fields.value);
    const after = fields.value.get("after") ?? null;
    const maximum = fields.value.get("max");
    const bytesMax = maximum === undefined ? null : parseWholeNumber(maximum, 65_507);
    if (!since.ok) return since;
    if (!ack.ok) return ack;
    if (maximum !== undefined && bytesMax === null) return refused("max is not 0..65507");
    if (after !== null && after.length > cursorCharactersMax) return refused("after is too long");
    const parts = fields.value.has("parts") ? parseWholeNumber(fields.value.get("parts") ?? "", partsMax) : null;
    if (parts === 0 || (fields.value.has("parts") && parts === null)) return refused(`parts is not 1..${partsMax}`);
    return parsed({
      since: since.value && { bootId: since.value.bootId, counter: since.value.number },
      after,
      ack: ack.value,
      bytesMax,
      parts,
    });
  });
}

/** `ack` names what is acknowledged from the first entry on, `acks` what is beyond a gap. */
function acknowledgementFields(ack: Acknowledgement | null): [string, string][] {
  if (ack === null) return [];
  const { bootId, ranges } = ack;
  const [first] = ranges;
  const isFromStart = first?.first === 1;
  const beyond = isFromStart ? ranges.slice(1) : ranges;
  const fields: [string, string][] = [];
  if (isFromStart) fields.push(["ack", `${bootId}:${first.last}`]);
  if (beyond.length > 0) fields.push(["acks", `${bootId}:${formatRanges(beyond)}`]);
  return fields;
}

function readAcknowledgement(fields: ReadonlyMap<string, string>): ParseResult<Acknowledgement | null> {
  const fromStart = parseMark(fields.get("ack"));
  if (!fromStart.ok) return fromStart;
  const beyond = parseMarked(fields.get("acks"), (text) => parseRanges(text, acknowledgedRangesMax));
  if (!beyond.ok) return beyond;
  const bootId = fromStart.value?.bootId ?? beyond.value?.bootId;
  if (bootId === undefined) return parsed(null);
  if (beyond.value !== null && beyond.value.bootId !== bootId) return refused("ack and acks are of different boots");
  const acknowledged = new SequenceRanges();
  acknowledged.add(1, fromStart.value?.number ?? 0);
  for (const { first, last } of beyond.value?.value ?? []) acknowledged.add(first, last);
  return parsed({ bootId, ranges: acknowledged.all });
}

function readOne<T>(
  parameters: MgcpParameters,
  name: string,
  parse: (value: string) => ParseResult<T>,
): ParseResult<T | null> {
  const values = readExtensions(parameters, name);
  const [value] = values;
  if (value === undefined) return parsed(null);
  if (values.length > 1) return refused(`${name} is there more than once`);
  const result = parse(value);
  return result.ok ? result : refused(`${name}: ${result.reason}`);
}

function formatEpoch(epoch: Epoch): string {
  return `${epoch.number} ${epoch.server}`;
}

function parseEpoch(value: string): ParseResult<Epoch> {
  const match = /^(\d{1,15})[ \t]+([\x21-\x7e]+)$/.exec(value);
  const number = Number(match?.[1]);
  const server = match?.[2] ?? "";
  if (server === "" || number > epochNumberMax) return refused("not a number and a server's name");
  return server.length <= serverCharactersMax ? parsed({ number, server }) : refused("the server's name is too long");
}

/** `<boot id>:<number>` */
function parseMark(value: string | undefined): ParseResult<{ bootId: string; number: number } | null> {
  const marked = parseMarked(value, (text) => {
    const number = parseWholeNumber(text, Number.MAX_SAFE_INTEGER);
    return number === null ? refused("not a number") : parsed(number);
  });
  if (!marked.ok || marked.value === null) return marked.ok ? parsed(null) : marked;
  return parsed({ bootId: marked.value.bootId, number: marked.value.value });
}

/** `<boot id>:<what is meant of that boot>` */
function parseMarked<T>(
  text: string | undefined,
  parse: (text: string) => ParseResult<T>,
): ParseResult<{ bootId: string; value: T } | null> {
  if (text === undefined) return parsed(null);
  const colon = text.lastIndexOf(":");
  const bootId = text.slice(0, Math.max(colon, 0));
  if (bootId === "" || bootId.length > bootIdCharactersMax) {
    return refused(`"${text.slice(0, cursorCharactersMax)}" has no boot id before a colon`);
  }
  const value = parse(text.slice(colon + 1));
  return value.ok ? parsed({ bootId, value: value.value }) : value;
}
