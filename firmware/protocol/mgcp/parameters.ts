/**
 * The parameter lines of MGCP (RFC 3435 section 3.2.2 and Appendix A): one table, a row per parameter, that parser and
 * writer share. Which parameter a command may or must have is not here (management and the query know).
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { parseBearerInformation, writeBearerInformation } from "./bearer-information.js";
import { parseCapability, writeCapability } from "./capabilities.js";
import { parseConnectionParameters, writeConnectionParameters } from "./connection-parameters.js";
import { checkDigitMapSyntax } from "./digit-map.js";
import { parseEndpoint, parseEntity } from "./entity-name.js";
import { parseEvents, writeEvents } from "./event-names.js";
import { parseWholeNumber } from "./fields.js";
import { parseList, splitList } from "./list-syntax.js";
import { parseLocalOptions, writeLocalOptions } from "./local-connection-options.js";
import { type ExtensionParameter, formatEndpoint, type MgcpParameters, type NumberRange } from "./message.js";
import { isBlank, type MessageLines } from "./message-lines.js";
import { invalidParameter, type ParameterResult, right, withCode, wrong } from "./parameter-result.js";
import { parseRequestedEvents, writeRequestedEvents } from "./requested-events.js";

/** A parameter's value in one line; a digit map needs at least 2,048 (section 2.1.5), an audit row some thousand. */
export const parameterCharactersMax = 16_384;

const unsupportedQuarantine = 508;
const unrecognizedExtension = 511;

type ParameterKey = Exclude<keyof MgcpParameters, "extensions">;
type Value<K extends ParameterKey> = NonNullable<MgcpParameters[K]>;
type Draft = { -readonly [K in keyof MgcpParameters]?: MgcpParameters[K] };

interface ParameterRow {
  readonly code: string;
  readonly key: ParameterKey;
  /** Takes the line's value into the draft; null when that went well. */
  readonly read: (text: string, draft: Draft) => { readonly code: number; readonly reason: string } | null;
  /** As many lines as it needs, each ended by CR LF. */
  readonly write: (parameters: MgcpParameters) => string;
}

function row<K extends ParameterKey>(
  code: string,
  key: K,
  read: (text: string) => ParameterResult<Value<K>>,
  write: (value: Value<K>) => string,
): ParameterRow {
  return {
    code,
    key,
    read: (text, draft) => {
      if (draft[key] !== undefined) return wrong(`${code}: is there more than once`);
      const result = read(text);
      if (!result.ok) return { code: result.code, reason: `${code}: ${result.reason}` };
      draft[key] = result.value;
      return null;
    },
    write: (parameters) => {
      const value = parameters[key];
      return value === undefined ? "" : writeLine(code, write(value));
    },
  };
}

/** Parameters that may stand in several lines (section 3.3): one element, or none, in each. */
function repeatable<K extends "connectionIds" | "endpointIds" | "capabilities">(
  code: string,
  key: K,
  read: (text: string) => ParseResult<Value<K>>,
  join: (before: Value<K>, more: Value<K>) => Value<K>,
  write: (value: Value<K>) => readonly string[],
): ParameterRow {
  return {
    code,
    key,
    read: (text, draft) => {
      const result = read(text);
      if (!result.ok) return wrong(`${code}: ${result.reason}`, invalidParameter);
      const before = draft[key];
      draft[key] = before === undefined ? result.value : join(before, result.value);
      return null;
    },
    write: (parameters) => {
      const value = parameters[key];
      if (value === undefined) return "";
      if (value.length === 0) return writeLine(code, "");
      let lines = "";
      for (const line of write(value)) lines += writeLine(code, line);
      return lines;
    },
  };
}

/** In the order of Appendix A, which is the order they are written in. */
const rows: readonly ParameterRow[] = [
  row("K", "responseAck", (text) => valid(parseList(text, parseIdRange)), writeIdRanges),
  row("B", "bearerInformation", (text) => valid(parseBearerInformation(text)), writeBearerInformation),
  row("C", "callId", (text) => valid(parseHexIdentifier(text)), asWritten),
  repeatable(
    "I",
    "connectionIds",
    parseHexIdentifiers,
    (before, more) => [...before, ...more],
    (ids) => [ids.join(",")],
  ),
  row("N", "notifiedEntity", (text) => valid(parseNotifiedEntity(text)), asWritten),
  row("X", "requestIdentifier", (text) => (text === "" ? right(text) : valid(parseHexIdentifier(text))), asWritten),
  row("L", "localOptions", parseLocalOptions, writeLocalOptions),
  row("M", "mode", (text) => valid(parseKeyword(text)), asWritten),
  row("R", "requestedEvents", (text) => parseRequestedEvents(text), writeRequestedEvents),
  row("S", "signals", (text) => parseEvents(text), writeEvents),
  row("D", "digitMap", (text) => valid(parseDigitMapText(text)), asWritten),
  row("O", "observedEvents", (text) => parseEvents(text), writeEvents),
  row("P", "connectionParameters", (text) => valid(parseConnectionParameters(text)), writeConnectionParameters),
  row("E", "reasonCode", (text) => valid(parseReasonCode(text)), writeReasonCode),
  repeatable(
    "Z",
    "endpointIds",
    (text) => (text === "" ? parsed([]) : listed(parseEndpoint(text))),
    (before, more) => [...before, ...more],
    (endpoints) => endpoints.map(formatEndpoint),
  ),
  row("Z2", "secondEndpoint", (text) => valid(parseEndpoint(text)), formatEndpoint),
  row("I2", "secondConnectionId", (text) => valid(parseHexIdentifier(text)), asWritten),
  row(
    "F",
    "requestedInfo",
    (text) => valid(parseRequestedInfo(text)),
    (codes) => codes.join(","),
  ),
  row("Q", "quarantine", (text) => withCode(parseQuarantine(text), unsupportedQuarantine), writeQuarantine),
  row("T", "detectEvents", (text) => parseEvents(text), writeEvents),
  row("RM", "restartMethod", (text) => valid(parseKeyword(text)), asWritten),
  row("RD", "restartDelaySeconds", (text) => valid(parseNumber(text, 999_999)), String),
  repeatable(
    "A",
    "capabilities",
    (text) => (text === "" ? parsed([]) : listed(parseCapability(text))),
    (before, more) => [...before, ...more],
    (capabilities) => capabilities.map(writeCapability),
  ),
  row("ES", "eventStates", (text) => parseEvents(text), writeEvents),
  row(
    "PL",
    "packages",
    (text) => valid(parseList(text, parsePackage)),
    (packages) => packages.map(({ name, version }) => `${name}:${version}`).join(","),
  ),
  row("MD", "datagramBytesMax", (text) => valid(parseNumber(text, 999_999_999)), String),
];

const rowsByCode = new Map(rows.map((entry) => [entry.code, entry]));
const placesByKey = new Map<string, number>(rows.map(({ key }, place) => [key, place]));

export type Refusal = { readonly code: number; readonly reason: string };

/**
 * The lines up to the session description, or the message's end. A command is refused for a line that is not understood;
 * in a response such a line is passed over (section 3.3).
 */
export function readParameters(lines: MessageLines, isCommand: boolean): ParameterResult<MgcpParameters> {
  const draft: Draft = {};
  const extensions: ExtensionParameter[] = [];
  while (lines.advance() && !lines.isEmpty) {
    const { text, start, end } = lines;
    // Quoted strings may be UTF-8 (section 3.1), but nothing may hold a control character.
    if (hasControl(text, start, end)) return wrong("a control character");
    const refusal = readLine(text, start, end, draft, extensions);
    if (refusal !== null && isCommand) return wrong(refusal.reason, refusal.code);
  }
  return right(extensions.length === 0 ? draft : { ...draft, extensions });
}

/** Lines ended by CR LF, extensions last, in the order they were given. */
export function writeParameters(parameters: MgcpParameters): string {
  let lines = "";
  for (const place of placesOf(parameters)) lines += rows[place]?.write(parameters) ?? "";
  for (const { name, value } of parameters.extensions ?? []) lines += writeLine(name, value);
  return lines;
}

/** Of the rows that have something to write: a message has a few of them. */
function placesOf(parameters: MgcpParameters): number[] {
  const places: number[] = [];
  for (const key in parameters) {
    const place = placesByKey.get(key);
    if (place !== undefined) places.push(place);
  }
  return places.length > 1 ? places.sort((a, b) => a - b) : places;
}

function writeLine(name: string, value: string): string {
  return value === "" ? `${name}:\r\n` : `${name}: ${value}\r\n`;
}

function readLine(
  text: string,
  start: number,
  end: number,
  draft: Draft,
  extensions: ExtensionParameter[],
): Refusal | null {
  let colon = start;
  while (colon < end && text.charCodeAt(colon) !== colonCode) colon += 1;
  let nameEnd = colon;
  while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd -= 1;
  const name = colon === end ? "" : text.slice(start, nameEnd);
  // Other alphabets' white space too, as within the values.
  const value = text.slice(Math.min(colon + 1, end), end).trim();
  if (value.length > parameterCharactersMax) return wrong(`${name.slice(0, 40)}: is too long`);
  const known = rowsByCode.get(name) ?? rowsByCode.get(name.toUpperCase());
  if (known !== undefined) return known.read(value, draft);
  if (!/^[A-Za-z0-9+-]{1,64}(?:\/[A-Za-z0-9-]{1,32})?$/.test(name)) return wrong("a parameter line is malformed");
  if (/^x\+/i.test(name)) return wrong(`unknown extension ${name}`, unrecognizedExtension);
  if (!name.includes("/") && !/^x-/i.test(name)) return wrong(`unsupported parameter ${name}`, invalidParameter);
  extensions.push({ name, value });
  return null;
}

const colonCode = 0x3a;

/** C0 and C1 but the tab, and DEL. */
function hasControl(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 ? !isBlank(code) : code >= 0x7f && code <= 0x9f) return true;
  }
  return false;
}

function valid<T>(result: ParseResult<T>): ParameterResult<T> {
  return withCode(result, invalidParameter);
}

function asWritten(value: string): string {
  return value;
}

function listed<T>(result: ParseResult<T>): ParseResult<T[]> {
  return result.ok ? parsed([result.value]) : result;
}

/** Kept as written, as its form belongs to the name (section 2.1.2); empty takes the notified entity away. */
function parseNotifiedEntity(text: string): ParseResult<string> {
  const entity = text === "" ? parsed(text) : parseEntity(text);
  return entity.ok ? parsed(text) : entity;
}

/** Kept as written; letters of extension packages are the endpoint's to know (code 537). */
function parseDigitMapText(text: string): ParseResult<string> {
  const reason = text === "" ? null : checkDigitMapSyntax(text);
  return reason === null ? parsed(text) : refused(reason);
}

function parseNumber(text: string, maximum: number): ParseResult<number> {
  const number = parseWholeNumber(text, maximum);
  return number === null ? refused("not a number within its bounds") : parsed(number);
}

function parseHexIdentifier(text: string): ParseResult<string> {
  return /^[0-9A-Fa-f]{1,32}$/.test(text) ? parsed(text) : refused("not 1 to 32 hex digits");
}

/** One, as a rule. */
function parseHexIdentifiers(text: string): ParseResult<string[]> {
  const one = parseHexIdentifier(text);
  return one.ok ? parsed([one.value]) : parseList(text, parseHexIdentifier);
}

/** A mode or method, or one of a package: `sendrecv`, `PKG/mode`. */
function parseKeyword(text: string): ParseResult<string> {
  return /^[A-Za-z0-9-]{1,64}(?:\/[A-Za-z0-9-]{1,32})?$/.test(text)
    ? parsed(text.toLowerCase())
    : refused("not a word");
}

function parseIdRange(text: string): ParseResult<NumberRange> {
  const match = /^0*(\d{1,9})(?:-0*(\d{1,9}))?$/.exec(text);
  const first = Number(match?.[1] ?? 0);
  const last = Number(match?.[2] ?? first);
  return first >= 1 && last >= first ? parsed({ first, last }) : refused("not a range of transaction ids");
}

function writeIdRanges(ranges: readonly NumberRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

function parseReasonCode(text: string): ParseResult<Value<"reasonCode">> {
  const match = /^(\d{3})(?:[ \t]+\/([A-Za-z0-9-]{1,32}))?(?:[ \t]+(.*))?$/.exec(text);
  if (match === null) return refused("not a reason code");
  return parsed({ code: Number(match[1]), packageName: match[2] ?? null, text: match[3] ?? "" });
}

function writeReasonCode({ code, packageName, text }: Value<"reasonCode">): string {
  const parts = [String(code).padStart(3, "0"), ...(packageName === null ? [] : [`/${packageName}`]), text];
  return parts.join(" ").trim();
}

function parseRequestedInfo(text: string): ParseResult<string[]> {
  return parseList(text, (code) =>
    /^[A-Za-z0-9+-]{1,64}(?:\/[A-Za-z0-9-]{1,32})?$/.test(code) ? parsed(code.toUpperCase()) : refused("not a code"),
  );
}

function parseQuarantine(text: string): ParseResult<{ loop: boolean; process: boolean }> {
  const words = splitList(text.toLowerCase());
  if (!words.ok) return words;
  const known = words.value.every((word) => ["loop", "step", "process", "discard"].includes(word));
  const clash = (a: string, b: string) => words.value.includes(a) && words.value.includes(b);
  if (!known || clash("loop", "step") || clash("process", "discard")) return refused("unknown quarantine handling");
  return parsed({ loop: words.value.includes("loop"), process: !words.value.includes("discard") });
}

function writeQuarantine({ loop, process }: { readonly loop: boolean; readonly process: boolean }): string {
  return `${loop ? "loop" : "step"},${process ? "process" : "discard"}`;
}

function parsePackage(text: string): ParseResult<{ name: string; version: number }> {
  const match = /^([A-Za-z0-9-]{1,64})(?::(\d{1,6}))?$/.exec(text);
  return match === null
    ? refused("not name:version")
    : parsed({ name: match[1] ?? "", version: Number(match[2] ?? 0) });
}
