/**
 * A datagram to MGCP messages (RFC 3435 section 3 and Appendix A). Case, additional white space and bare line feeds are
 * tolerated (section 3.1). What is not a message comes back with the return code it deserves, so that a malformed
 * command can be answered by itself (section 3.5.5: errors of one message do not touch the others in its datagram).
 */
import { parseEndpoint } from "./entity-name.js";
import { type MgcpCommand, type MgcpMessage, type MgcpResponse, type MgcpVerb, mgcpVerbs } from "./message.js";
import { isBlank, MessageLines, skipBlanks, wordEnd } from "./message-lines.js";
import { type ParameterResult, protocolError, wrong } from "./parameter-result.js";
import { readParameters } from "./parameters.js";
import { plainComment } from "./write.js";

/** Section 3.5.4: the largest UDP payload over IPv4. */
export const datagramBytesMax = 65_507;
export const messagesPerDatagramMax = 64;
export const linesPerMessageMax = 4_096;
/** A response to AUCX has two (section 3.3.7). */
export const sessionsMax = 2;

const unknownEndpoint = 500;
const unsupportedVerb = 504;
const incompatibleVersion = 528;

export interface RefusedMessage {
  readonly ok: false;
  /** Only a command is answered. */
  readonly isCommand: boolean;
  /** Null where not even that could be read: there is nothing to answer to. */
  readonly transactionId: number | null;
  readonly code: number;
  readonly reason: string;
}

export type ParsedMessage = { readonly ok: true; readonly message: MgcpMessage } | RefusedMessage;

// Undecodable bytes become U+FFFD and are refused wherever the grammar wants ASCII.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** At least one result. Work is proportional to the length. */
export function parseDatagram(bytes: Uint8Array): ParsedMessage[] {
  if (bytes.length > datagramBytesMax) return [unanswerable("datagram too large")];
  const lines = new MessageLines(decoder.decode(bytes));
  const messages: ParsedMessage[] = [];
  do {
    if (messages.length === messagesPerDatagramMax) return [unanswerable("too many messages in one datagram")];
    messages.push(parseMessage(lines));
  } while (lines.advanceMessage());
  return messages;
}

function parseMessage(lines: MessageLines): ParsedMessage {
  // Empty lines in front of a message are additional white space.
  while (lines.advance() && lines.isEmpty);
  const { text, start, end } = lines;
  if (!isPrintable(text, start, end)) return unanswerable("the first line is not printable ASCII");
  const firstEnd = wordEnd(text, start, end);
  const idStart = skipBlanks(text, firstEnd, end);
  const idEnd = wordEnd(text, idStart, end);
  if (idStart === idEnd) return unanswerable("the first line is not of MGCP");
  const isCommand = !isDigit(text.charCodeAt(start));
  const transactionId = readTransactionId(text, idStart, idEnd);
  const word = text.slice(start, firstEnd);
  const rest = text.slice(skipBlanks(text, idEnd, end), end);
  const message =
    transactionId === null
      ? wrong("no transaction id")
      : isCommand
        ? parseCommand(word, transactionId, rest, lines)
        : parseResponse(word, transactionId, rest, lines);
  if (message.ok) return { ok: true, message: message.value };
  return { ok: false, isCommand, transactionId, code: message.code, reason: message.reason };
}

/** rest: from the endpoint's name on. */
function parseCommand(
  word: string,
  transactionId: number,
  rest: string,
  lines: MessageLines,
): ParameterResult<MgcpCommand> {
  const verb = verbsByName.get(word) ?? verbsByName.get(word.toUpperCase());
  if (verb === undefined) return isVerb(word) ? wrong(`unknown verb ${word}`, unsupportedVerb) : wrong("not a verb");
  const nameEnd = wordEnd(rest, 0, rest.length);
  const endpoint = parseEndpoint(rest.slice(0, nameEnd));
  if (!endpoint.ok) return wrong(endpoint.reason, unknownEndpoint);
  const version = rest.slice(skipBlanks(rest, nameEnd, rest.length));
  const unspoken = version === protocolVersion ? null : versionFault(version);
  if (unspoken !== null) return unspoken;
  const parameters = readParameters(lines, true);
  if (!parameters.ok) return parameters;
  const sessions = readSessions(lines);
  if (sessions.length > 1) return wrong("a command has one session description");
  if (lines.count > linesPerMessageMax) return wrong("too many lines");
  const session = sessions[0] ?? null;
  const command = { verb, transactionId, endpoint: endpoint.value, parameters: parameters.value, session };
  return { ok: true, value: { kind: "command", ...command } };
}

const protocolVersion = "MGCP 1.0";

/** White space and case as they come. */
function versionFault(text: string): ParameterResult<never> | null {
  const [protocol = "", version = "", ...profile] = text.split(/[ \t]+/);
  if (protocol.toUpperCase() !== "MGCP" || !/^\d+\.\d+$/.test(version)) return wrong("no protocol version");
  const isSpoken = /^0*1\.0+$/.test(version) && profile.length === 0;
  return isSpoken ? null : wrong("MGCP 1.0 is spoken here", incompatibleVersion);
}

const verbsByName = new Map<string, MgcpVerb>(mgcpVerbs.map((verb) => [verb, verb]));

function isVerb(word: string): boolean {
  return /^[A-Za-z][A-Za-z0-9]{3}$/.test(word);
}

/** `200 1204 OK`; with 8xx `801 1204 /x-ho stale epoch`. rest: behind the transaction id. */
function parseResponse(
  word: string,
  transactionId: number,
  rest: string,
  lines: MessageLines,
): ParameterResult<MgcpResponse> {
  if (!/^\d{3}$/.test(word)) return wrong("not a response line");
  const code = Number(word);
  const packaged = code >= 800 && code <= 899 ? /^\/([A-Za-z0-9-]{1,64})(?:[ \t]+(.*))?$/.exec(rest) : null;
  const packageName = packaged?.[1] ?? null;
  const comment = plainComment(packaged === null ? rest : (packaged[2] ?? ""));
  const parameters = readParameters(lines, false);
  if (!parameters.ok) return parameters;
  const sessions = readSessions(lines);
  if (sessions.length > sessionsMax) return wrong("too many session descriptions");
  if (lines.count > linesPerMessageMax) return wrong("too many lines");
  const response = { code, transactionId, packageName, comment, parameters: parameters.value, sessions };
  return { ok: true, value: { kind: "response", ...response } };
}

/** Section 3.2.1.2: up to nine digits; leading zeroes do not count. */
function readTransactionId(text: string, start: number, end: number): number | null {
  if (end - start > 9) return null;
  let id = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return null;
    id = id * 10 + code - digitZero;
  }
  return id === 0 ? null : id;
}

/** Descriptions are separated by empty lines; each comes back with its lines ended by CR LF. */
function readSessions(lines: MessageLines): string[] {
  const sessions: string[] = [];
  let current = "";
  while (lines.advance()) {
    if (!lines.isEmpty) current += `${lines.line}\r\n`;
    else if (current !== "") {
      sessions.push(current);
      current = "";
    }
  }
  if (current !== "") sessions.push(current);
  return sessions;
}

function isPrintable(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && !isBlank(code)) || code > 0x7e) return false;
  }
  return true;
}

const digitZero = 0x30;

function isDigit(code: number): boolean {
  return code >= digitZero && code <= digitZero + 9;
}

function unanswerable(reason: string): RefusedMessage {
  return { ok: false, isCommand: false, transactionId: null, code: protocolError, reason };
}
