/**
 * A datagram to MGCP messages (RFC 3435 section 3 and Appendix A). Case, additional white space and bare line feeds are
 * tolerated (section 3.1). What is not a message comes back with the return code it deserves, so that a malformed
 * command can be answered by itself (section 3.5.5: errors of one message do not touch the others in its datagram).
 */
import { parseEndpoint } from "./entity-name.js";
import { type MgcpCommand, type MgcpMessage, type MgcpResponse, mgcpVerbs } from "./message.js";
import { type ParameterResult, protocolError, wrong } from "./parameter-result.js";
import { parseParameters } from "./parameters.js";
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
  const messages: string[][] = [[]];
  for (const line of decoder.decode(bytes).split(/\r?\n/)) {
    if (line.trim() === ".") messages.push([]);
    else messages.at(-1)?.push(line);
  }
  // A dot behind the last message separates it from nothing.
  if (messages.length > 1 && messages.at(-1)?.every((line) => line.trim() === "")) messages.pop();
  if (messages.length > messagesPerDatagramMax) return [unanswerable("too many messages in one datagram")];
  return messages.map(parseMessage);
}

function parseMessage(allLines: readonly string[]): ParsedMessage {
  // Empty lines in front of a message are additional white space.
  const lines = allLines.slice(
    Math.max(
      allLines.findIndex((line) => line.trim() !== ""),
      0,
    ),
  );
  const [firstLine = "", ...rest] = lines;
  if (/[^\t\x20-\x7e]/.test(firstLine)) return unanswerable("the first line is not printable ASCII");
  const words = firstLine.trim().split(/[ \t]+/);
  if (words.length < 2) return unanswerable("the first line is not of MGCP");
  const emptyAt = rest.findIndex((line) => line.trim() === "");
  const header = emptyAt < 0 ? rest : rest.slice(0, emptyAt);
  const body = emptyAt < 0 ? [] : rest.slice(emptyAt + 1);
  const isCommand = !/^\d/.test(words[0] ?? "");
  const transactionId = parseTransactionId(words[1] ?? "");
  const refuse = (code: number, reason: string): RefusedMessage => ({
    ok: false,
    isCommand,
    transactionId,
    code,
    reason,
  });
  if (transactionId === null) return refuse(protocolError, "no transaction id");
  if (lines.length > linesPerMessageMax) return refuse(protocolError, "too many lines");
  // Quoted strings may be UTF-8 (section 3.1), but nothing may hold a control character.
  if (header.some((line) => /(?!\t)\p{Cc}/u.test(line))) return refuse(protocolError, "a control character");
  const sessions = splitSessions(body);
  if (sessions.length > sessionsMax) return refuse(protocolError, "too many session descriptions");
  const message = isCommand
    ? parseCommand(words, transactionId, header, sessions)
    : parseResponse(firstLine.trim(), transactionId, header, sessions);
  return message.ok ? { ok: true, message: message.value } : refuse(message.code, message.reason);
}

function parseCommand(
  words: readonly string[],
  transactionId: number,
  header: readonly string[],
  sessions: readonly string[],
): ParameterResult<MgcpCommand> {
  const [verbText = "", , endpointText = "", protocol = "", version = "", ...profile] = words;
  if (!/^[A-Za-z][A-Za-z0-9]{3}$/.test(verbText)) return wrong("not a verb");
  const verb = mgcpVerbs.find((known) => known === verbText.toUpperCase());
  if (verb === undefined) return wrong(`unknown verb ${verbText}`, unsupportedVerb);
  const endpoint = parseEndpoint(endpointText);
  if (!endpoint.ok) return wrong(endpoint.reason, unknownEndpoint);
  if (protocol.toUpperCase() !== "MGCP" || !/^\d+\.\d+$/.test(version)) return wrong("no protocol version");
  if (!/^0*1\.0+$/.test(version) || profile.length > 0) return wrong("MGCP 1.0 is spoken here", incompatibleVersion);
  if (sessions.length > 1) return wrong("a command has one session description");
  const parameters = parseParameters(header, true);
  if (!parameters.ok) return parameters;
  const session = sessions[0] ?? null;
  const command = { verb, transactionId, endpoint: endpoint.value, parameters: parameters.value, session };
  return { ok: true, value: { kind: "command", ...command } };
}

/** `200 1204 OK`; with 8xx `801 1204 /x-ho stale epoch`. */
function parseResponse(
  firstLine: string,
  transactionId: number,
  header: readonly string[],
  sessions: readonly string[],
): ParameterResult<MgcpResponse> {
  const match = /^(\d{3})[ \t]+\d+(?:[ \t]+(.*))?$/.exec(firstLine);
  if (match === null) return wrong("not a response line");
  const code = Number(match[1]);
  const text = match[2] ?? "";
  const packaged = code >= 800 && code <= 899 ? /^\/([A-Za-z0-9-]{1,64})(?:[ \t]+(.*))?$/.exec(text) : null;
  const packageName = packaged?.[1] ?? null;
  const comment = plainComment(packaged === null ? text : (packaged[2] ?? ""));
  const parameters = parseParameters(header, false);
  if (!parameters.ok) return parameters;
  const response = { code, transactionId, packageName, comment, parameters: parameters.value, sessions };
  return { ok: true, value: { kind: "response", ...response } };
}

/** Section 3.2.1.2: up to nine digits; leading zeroes do not count. */
function parseTransactionId(text: string): number | null {
  const id = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return id === 0 ? null : id;
}

/** Descriptions are separated by empty lines; each comes back with its lines ended by CR LF. */
function splitSessions(lines: readonly string[]): string[] {
  const sessions: string[] = [];
  let current = "";
  for (const line of [...lines, ""]) {
    if (line.trim() !== "") current += `${line}\r\n`;
    else if (current !== "") {
      sessions.push(current);
      current = "";
    }
  }
  return sessions;
}

function unanswerable(reason: string): RefusedMessage {
  return { ok: false, isCommand: false, transactionId: null, code: protocolError, reason };
}
