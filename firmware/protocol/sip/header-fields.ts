/**
 * The header fields this project reads: name, compact form (RFC 3261 section 20 and table, RFC 6665), how often it may
 * stand, and how its value is read and written. Parser and writer go by this one table; what is not in it is kept raw.
 */
import { type ParseResult, refused } from "../parse-result.js";
import {
  formatCSeq,
  formatNameAddress,
  formatParameterised,
  formatText,
  formatVia,
  parseCallId,
  parseContacts,
  parseCSeq,
  parseList,
  parseMaxForwards,
  parseNameAddress,
  parseParameterised,
  parseRetryAfter,
  parseSeconds,
  parseText,
  parseToken,
  parseVia,
  valuesPerFieldMax,
} from "./header-values.js";
import type { SipHeaders } from "./message.js";
import { splitOutside } from "./parameter.js";

/** Headers while they are being read: any may still be missing. */
export type HeadersDraft = { -readonly [Key in keyof SipHeaders]?: SipHeaders[Key] };

export interface HeaderField {
  readonly name: string;
  readonly compact: string | null;
  /** Reads every value this field had in the message, in order; gives the reason when that cannot be. */
  readonly read: (lines: readonly string[], draft: HeadersDraft) => string | null;
  /** One text for each line to write; empty when the headers do not have it. */
  readonly write: (headers: SipHeaders) => readonly string[];
}

/** A field that may stand once. */
function single<Key extends keyof SipHeaders>(
  name: string,
  compact: string | null,
  key: Key,
  parse: (text: string) => ParseResult<NonNullable<SipHeaders[Key]>>,
  format: (value: NonNullable<SipHeaders[Key]>) => string,
): HeaderField {
  return {
    name,
    compact,
    read: (lines, draft) => {
      const [line, ...more] = lines;
      const value = line === undefined || more.length > 0 ? refused("stands more than once") : parse(line);
      if (!value.ok) return `${name}: ${value.reason}`;
      draft[key] = value.value;
      return null;
    },
    write: (headers) => {
      const value = headers[key];
      return value === undefined || value === null ? [] : [format(value)];
    },
  };
}

/** A field with a comma-separated list that may be spread over several lines (section 7.3.1). */
function list<Key extends keyof SipHeaders>(
  name: string,
  compact: string | null,
  key: Key,
  parse: (pieces: readonly string[]) => ParseResult<NonNullable<SipHeaders[Key]>>,
  write: (value: NonNullable<SipHeaders[Key]>) => readonly string[],
): HeaderField {
  return {
    name,
    compact,
    read: (lines, draft) => {
      const pieces: string[] = [];
      for (const line of lines) {
        const split = splitOutside(line, ",");
        if (!split.ok) return `${name}: ${split.reason}`;
        pieces.push(...split.value);
      }
      if (pieces.length > valuesPerFieldMax) return `${name}: more than ${valuesPerFieldMax} values`;
      const value = parse(pieces);
      if (!value.ok) return `${name}: ${value.reason}`;
      draft[key] = value.value;
      return null;
    },
    write: (headers) => {
      const value = headers[key];
      return value === undefined || value === null ? [] : write(value);
    },
  };
}

type TokenListKey = "allow" | "allowEvents" | "supported" | "require" | "proxyRequire" | "unsupported";

/** Tokens; an empty list is allowed and means none (section 20.5). Written on one line. */
function tokens(name: string, compact: string | null, key: TokenListKey): HeaderField {
  const parse = (pieces: readonly string[]) => parseList(isNone(pieces) ? [] : pieces, parseToken);
  return list(name, compact, key, parse, (values) => [values.join(", ")]);
}

function isNone(pieces: readonly string[]): boolean {
  return pieces.every((piece) => piece === "");
}

/** In the order they are written. The body's two fields come last, see bodyFields. */
export const headerFields: readonly HeaderField[] = [
  list(
    "Via",
    "v",
    "via",
    (pieces) => parseList(pieces, parseVia),
    (via) => via.map(formatVia),
  ),
  single("Max-Forwards", null, "maxForwards", parseMaxForwards, String),
  list("Record-Route", null, "recordRoute", parseRoutes, (routes) => routes.map(formatNameAddress)),
  list("Route", null, "route", parseRoutes, (routes) => routes.map(formatNameAddress)),
  single("From", "f", "from", parseNameAddress, formatNameAddress),
  single("To", "t", "to", parseNameAddress, formatNameAddress),
  single("Call-ID", "i", "callId", parseCallId, formatText),
  single("CSeq", null, "cseq", parseCSeq, formatCSeq),
  list("Contact", "m", "contact", parseContacts, (contacts) =>
    contacts === "*" ? ["*"] : contacts.map(formatNameAddress),
  ),
  single("Event", "o", "event", parseParameterised, formatParameterised),
  single("Subscription-State", null, "subscriptionState", parseParameterised, formatParameterised),
  single("Expires", null, "expiresSeconds", parseSeconds, String),
  single("Min-Expires", null, "minExpiresSeconds", parseSeconds, String),
  single("Retry-After", null, "retryAfterSeconds", parseRetryAfter, String),
  list(
    "Accept",
    null,
    "accept",
    (pieces) => parseList(isNone(pieces) ? [] : pieces, parseText),
    (ranges) => [ranges.map(formatText).join(", ")],
  ),
  tokens("Allow", null, "allow"),
  tokens("Allow-Events", "u", "allowEvents"),
  tokens("Supported", "k", "supported"),
  tokens("Require", null, "require"),
  tokens("Proxy-Require", null, "proxyRequire"),
  tokens("Unsupported", null, "unsupported"),
  single("User-Agent", null, "userAgent", parseText, formatText),
  single("Server", null, "server", parseText, formatText),
];

export const contentTypeField = single("Content-Type", "c", "contentType", parseText, formatText);

function parseRoutes(pieces: readonly string[]) {
  return parseList(pieces, parseNameAddress);
}

/** Compact forms of fields that are kept raw: they are held under their long name (section 7.3.3, IANA registry). */
export const otherCompactForms: ReadonlyMap<string, string> = new Map([
  ["s", "Subject"],
  ["e", "Content-Encoding"],
  ["r", "Refer-To"],
  ["b", "Referred-By"],
  ["x", "Session-Expires"],
]);

const byName = new Map<string, HeaderField>();
for (const field of [...headerFields, contentTypeField]) {
  byName.set(field.name.toLowerCase(), field);
  if (field.compact !== null) byName.set(field.compact, field);
}

/** By long or compact name, without case. */
export function headerField(name: string): HeaderField | undefined {
  return byName.get(name.toLowerCase());
}

export function isContentLength(name: string): boolean {
  return /^(?:content-length|l)$/i.test(name);
}
