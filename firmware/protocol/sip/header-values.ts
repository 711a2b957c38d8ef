/** The values of header fields that are more than text: read from and written as RFC 3261 section 25.1 has them. */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { CSeq, NameAddress, ParameterisedToken, Via } from "./message.js";
import {
  formatParameters,
  isToken,
  parseParameters,
  readQuoted,
  splitOutside,
  trim,
  writeQuoted,
} from "./parameter.js";
import { formatHostPort, formatUri, parseHost, parseUri } from "./uri.js";

export const valuesPerFieldMax = 64;
const callIdCharactersMax = 512;

export function parseNameAddress(text: string): ParseResult<NameAddress> {
  const pieces = splitOutside(text, ";");
  if (!pieces.ok) return pieces;
  const first = pieces.value[0] ?? "";
  const parameters = parseParameters(text.slice(text.indexOf(first) + first.length));
  if (!parameters.ok) return parameters;
  const bracketed = /^(.*?)<([^<>]*)>$/s.exec(first);
  if (bracketed === null) {
    // Section 20: a URI with a comma, question mark or semicolon must stand in <>.
    if (/[,?]/.test(first)) return refused("a URI with , or ? outside <>");
    const uri = parseUri(first);
    return uri.ok ? parsed({ displayName: null, uri: uri.value, parameters: parameters.value }) : uri;
  }
  const displayName = parseDisplayName(trim(bracketed[1] ?? ""));
  if (!displayName.ok) return displayName;
  const uri = parseUri(bracketed[2] ?? "");
  if (!uri.ok) return uri;
  return parsed({ displayName: displayName.value, uri: uri.value, parameters: parameters.value });
}

function parseDisplayName(text: string): ParseResult<string | null> {
  if (text === "") return parsed(null);
  if (text.startsWith('"')) return readQuoted(text);
  const words = text.split(/[ \t]+/);
  return words.every(isToken) ? parsed(words.join(" ")) : refused("a display name that must be quoted is not");
}

export function formatNameAddress({ displayName, uri, parameters }: NameAddress): string {
  const name = displayName === null ? "" : `${writeQuoted(displayName)} `;
  return `${name}<${formatUri(uri)}>${formatParameters(parameters)}`;
}

/** Contact's `*` stands alone (section 20.10); otherwise a list. */
export function parseContacts(pieces: readonly string[]): ParseResult<readonly NameAddress[] | "*"> {
  return pieces.length === 1 && pieces[0] === "*" ? parsed("*") : parseList(pieces, parseNameAddress);
}

export function parseList<T>(
  pieces: readonly string[],
  parse: (text: string) => ParseResult<T>,
): ParseResult<readonly T[]> {
  const values: T[] = [];
  for (const piece of pieces) {
    const value = parse(piece);
    if (!value.ok) return value;
    values.push(value.value);
  }
  return parsed(values);
}

/** `SIP / 2.0 / UDP host:port;branch=…`, white space allowed around slashes and colon; a request of SIP/7.0 has 7.0. */
export function parseVia(text: string): ParseResult<Via> {
  const semicolon = text.indexOf(";");
  const front = (semicolon < 0 ? text : text.slice(0, semicolon)).replace(/[ \t]+/g, " ");
  const match = /^SIP ?\/ ?\d{1,3}\.\d{1,3} ?\/ ?([^ /]+) (\[[^\]]*\]|[^: ]+) ?(?:: ?(\d{1,5}))? ?$/i.exec(front);
  if (match === null) return refused("not SIP/2.0/transport host:port");
  const transport = match[1] ?? "";
  if (!isToken(transport)) return refused("bad transport in Via");
  const host = parseHost(match[2] ?? "");
  if (!host.ok) return host;
  const port = match[3] === undefined ? null : Number(match[3]);
  if (port !== null && port > 65_535) return refused(`port ${port} is above 65535`);
  const parameters = parseParameters(semicolon < 0 ? "" : text.slice(semicolon));
  if (!parameters.ok) return parameters;
  return parsed({ transport: transport.toUpperCase(), host: host.value, port, parameters: parameters.value });
}

export function formatVia({ transport, host, port, parameters }: Via): string {
  return `SIP/2.0/${transport} ${formatHostPort(host, port)}${formatParameters(parameters)}`;
}

export function parseCSeq(text: string): ParseResult<CSeq> {
  const match = /^(\d{1,16})[ \t]+([^ \t]+)$/.exec(text);
  const number = Number(match?.[1]);
  const method = match?.[2];
  if (method === undefined || !isToken(method)) return refused("CSeq is not a number and a method");
  return number < 2 ** 31 ? parsed({ number, method }) : refused("CSeq is not below 2^31");
}

export function formatCSeq({ number, method }: CSeq): string {
  return `${number} ${method}`;
}

/** Call-ID: word ["@" word], of printable characters without white space; bounded, for it names transactions. */
export function parseCallId(text: string): ParseResult<string> {
  if (text.length > callIdCharactersMax) return refused(`a Call-ID of more than ${callIdCharactersMax} characters`);
  return /^[!-~]+$/.test(text) ? parsed(text) : refused("a Call-ID with white space or control characters");
}

export function parseParameterised(text: string): ParseResult<ParameterisedToken> {
  const semicolon = text.indexOf(";");
  const token = trim(semicolon < 0 ? text : text.slice(0, semicolon));
  if (!isToken(token)) return refused(`"${token.slice(0, 32)}" is no token`);
  const parameters = parseParameters(semicolon < 0 ? "" : text.slice(semicolon));
  return parameters.ok ? parsed({ token, parameters: parameters.value }) : parameters;
}

export function formatParameterised({ token, parameters }: ParameterisedToken): string {
  return token + formatParameters(parameters);
}

export function parseToken(text: string): ParseResult<string> {
  return isToken(text) ? parsed(text) : refused(`"${text.slice(0, 32)}" is no token`);
}

/** delta-seconds: decimal digits, below 2^32 (section 20.19). */
export function parseSeconds(text: string): ParseResult<number> {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value < 2 ** 32 ? parsed(value) : refused(`"${text.slice(0, 32)}" is no number of seconds below 2^32`);
}

/** Retry-After may have a comment and parameters behind its seconds (section 20.33); they are passed over. */
export function parseRetryAfter(text: string): ParseResult<number> {
  return parseSeconds(/^[^ \t(;]*/.exec(text)?.[0] ?? "");
}

export function parseMaxForwards(text: string): ParseResult<number> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value <= 255 ? parsed(value) : refused("Max-Forwards is not 0..255");
}

/** Text as it stands. A line break cannot come from a parsed message, and must not go into a written one. */
export function parseText(text: string): ParseResult<string> {
  return parsed(text);
}

export function formatText(text: string): string {
  return trim(text.replace(/[\r\n]+/g, " "));
}
