/**
 * A SIP message from the bytes of one datagram (RFC 3261 sections 7, 18.3 and 25). Strict where a mistake could change
 * the meaning, tolerant of white space, folding, compact forms and case. A request that is wrong but says who sent it
 * comes with the response to refuse it by.
 *
 *   start-line CRLF *(name HCOLON value *(CRLF SP value) CRLF) CRLF [body]
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { responseTo } from "./build.js";
import { type HeadersDraft, headerField, isContentLength, otherCompactForms } from "./header-fields.js";
import {
  emptyBody,
  headersMax,
  messageBytesMax,
  type RawHeader,
  type SipHeaders,
  type SipMessage,
  type SipResponse,
  tagOf,
} from "./message.js";
import { isToken, trim } from "./parameter.js";
import { parseUri, type Uri } from "./uri.js";

/** Start line and header fields together: no honest message of a voice network comes near. */
export const headBytesMax = 16_384;

/** A ParseResult whose reason may come with the response that answers the message (400, 505). */
export type SipParseResult =
  | { readonly ok: true; readonly value: SipMessage }
  | { readonly ok: false; readonly reason: string; readonly refusal: SipResponse | null };

/** bytesMax: a stream may bring longer messages than a datagram. */
export function parseSip(bytes: Uint8Array, bytesMax: number = messageBytesMax): SipParseResult {
  const sections = separate(bytes, bytesMax);
  if (!sections.ok) return { ...sections, refusal: null };
  const { startLine, fields, body } = sections.value;
  const start = parseStartLine(startLine);
  const headers = readHeaders(fields);
  const complete = completeHeaders(headers.draft);
  const length = headers.contentLength;
  const reason =
    (start.ok ? null : start.reason) ??
    headers.reason ??
    (complete.ok ? null : complete.reason) ??
    (length !== null && length > body.length ? `Content-Length ${length}, but ${body.length} bytes came` : null);
  if (reason === null && start.ok && complete.ok) {
    return assemble(start.value, complete.value, length === null ? body : body.subarray(0, length));
  }
  return refuseMessage(startLine, complete, start.ok ? 400 : start.status, reason ?? "malformed");
}

interface Sections {
  readonly startLine: string;
  /** Unfolded. */
  readonly fields: readonly RawHeader[];
  readonly body: Uint8Array;
}

function separate(bytes: Uint8Array, bytesMax: number): ParseResult<Sections> {
  if (bytes.length > bytesMax) return refused(`more than ${bytesMax} bytes`);
  let begin = 0;
  // Section 7.5: CRLF before the start line is passed over (also a keep-alive, RFC 5626 section 3.5.1).
  while (bytes[begin] === 13 && bytes[begin + 1] === 10) begin += 2;
  if (begin === bytes.length) return refused("keep-alive");
  const end = findEmptyLine(bytes, begin);
  if (end === null) return refused(`no empty line within ${headBytesMax} bytes`);
  const head = decodeUtf8(bytes.subarray(begin, end));
  if (head === null) return refused("the head is not UTF-8");
  const [startLine, ...fieldLines] = unfold(head);
  if (startLine === undefined || /[\r\n]/.test(head.replaceAll("\r\n", ""))) return refused("a CR or LF alone");
  if (fieldLines.length > headersMax) return refused(`more than ${headersMax} header fields`);
  const fields: RawHeader[] = [];
  for (const line of fieldLines) {
    const colon = line.indexOf(":");
    const name = trim(line.slice(0, Math.max(colon, 0)));
    if (!isToken(name)) return refused(`"${line.slice(0, 64)}" is no header field`);
    fields.push({ name, value: trim(line.slice(colon + 1)) });
  }
  return parsed({ startLine, fields, body: bytes.subarray(end + 4) });
}

/** Section 7.3.1: a line that begins with a blank continues the one before. */
function unfold(head: string): string[] {
  const lines: string[] = [];
  let pieces: string[] = [];
  for (const [index, line] of head.split("\r\n").entries()) {
    const continues = index > 0 && (line.startsWith(" ") || line.startsWith("\t"));
    if (!continues && index > 0) {
      lines.push(pieces.join(" "));
      pieces = [];
    }
    pieces.push(continues ? trim(line) : line);
  }
  lines.push(pieces.join(" "));
  return lines;
}

/** Index of the CRLF CRLF behind the head. */
function findEmptyLine(bytes: Uint8Array, begin: number): number | null {
  const limit = Math.min(bytes.length - 3, begin + headBytesMax);
  for (let index = begin; index < limit; index += 1) {
    if (bytes[index] === 13 && bytes[index + 1] === 10 && bytes[index + 2] === 13 && bytes[index + 3] === 10)
      return index;
  }
  return null;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

type StartLine =
  | { readonly kind: "request"; readonly method: string; readonly uri: Uri }
  | { readonly kind: "response"; readonly status: number; readonly reason: string };

type StartLineResult =
  | { readonly ok: true; readonly value: StartLine }
  | { readonly ok: false; readonly reason: string; readonly status: 400 | 505 };

function parseStartLine(line: string): StartLineResult {
  const response = /^SIP\/2\.0 ([1-6]\d\d) (.*)$/i.exec(line);
  if (response !== null) {
    return { ok: true, value: { kind: "response", status: Number(response[1]), reason: (response[2] ?? "").trim() } };
  }
  const request = /^([^ ]+) ([^ ]+) SIP\/(\d+\.\d+)$/i.exec(line);
  const method = request?.[1] ?? "";
  if (!isToken(method))
    return { ok: false, reason: "neither Method URI SIP/2.0 nor SIP/2.0 Status Reason", status: 400 };
  if (request?.[3] !== "2.0") return { ok: false, reason: `SIP/${request?.[3]} is not spoken here`, status: 505 };
  const uri = parseUri(request[2] ?? "");
  if (!uri.ok) return { ok: false, reason: uri.reason, status: 400 };
  return { ok: true, value: { kind: "request", method, uri: uri.value } };
}

interface ReadHeaders {
  /** What could be read, even if something else could not. */
  readonly draft: HeadersDraft;
  readonly contentLength: number | null;
  readonly reason: string | null;
}

function readHeaders(fields: readonly RawHeader[]): ReadHeaders {
  const draft: HeadersDraft = {};
  const linesOf = new Map<string, string[]>();
  const others: RawHeader[] = [];
  let contentLength: number | null = null;
  let reason: string | null = null;
  for (const { name, value } of fields) {
    const field = headerField(name);
    if (field !== undefined) {
      const lines = linesOf.get(field.name);
      if (lines === undefined) linesOf.set(field.name, [value]);
      else lines.push(value);
    } else if (isContentLength(name)) {
      if (!/^\d{1,9}$/.test(value)) reason ??= "Content-Length is no number";
      else if (contentLength !== null && contentLength !== Number(value)) reason ??= "two Content-Lengths";
      else contentLength = Number(value);
    } else others.push({ name: otherCompactForms.get(name.toLowerCase()) ?? name, value });
  }
  for (const [name, lines] of linesOf) {
    const failure = headerField(name)?.read(lines, draft) ?? null;
    reason ??= failure;
  }
  if (others.length > 0) draft.others = others;
  return { draft, contentLength, reason };
}

/** Section 8.1.1: the fields without which a message cannot be answered. */
function completeHeaders(draft: HeadersDraft): ParseResult<SipHeaders> {
  const { via, from, to, callId, cseq } = draft;
  if (via === undefined || via.length === 0) return refused("no Via");
  if (from === undefined) return refused("no From");
  if (to === undefined) return refused("no To");
  if (callId === undefined) return refused("no Call-ID");
  if (cseq === undefined) return refused("no CSeq");
  return parsed({ ...draft, via, from, to, callId, cseq });
}

function assemble(start: StartLine, headers: SipHeaders, body: Uint8Array): SipParseResult {
  const ownBody = body.length === 0 ? emptyBody : body.slice();
  if (start.kind === "response") return { ok: true, value: { ...start, headers, body: ownBody } };
  // Section 8.1.1.5: the method in CSeq is that of the request.
  if (headers.cseq.method !== start.method) {
    return refuseMessage(`${start.method} `, parsed(headers), 400, "CSeq names another method");
  }
  return { ok: true, value: { ...start, headers, body: ownBody } };
}

/** Responses are dropped and ACK is never answered (section 17); a request gets its refusal when it can be addressed. */
function refuseMessage(
  startLine: string,
  headers: ParseResult<SipHeaders>,
  status: number,
  reason: string,
): SipParseResult {
  const method = /^[^ ]+/.exec(startLine)?.[0] ?? "";
  const answerable = headers.ok && isToken(method) && method !== "ACK" && headers.value.cseq.method !== "ACK";
  if (!answerable) return { ok: false, reason, refusal: null };
  const { via, from, to, callId, cseq } = headers.value;
  const request = {
    kind: "request",
    method,
    uri: { kind: "other", text: "" },
    headers: { via, from, to, callId, cseq },
    body: emptyBody,
  } as const;
  const said = status === 400 ? { reason: reason.replace(/[^ -~]/g, "?") } : {};
  const tag = tagOf(to) === null ? { toTag: "malformed" } : {};
  return { ok: false, reason, refusal: responseTo(request, status, { ...said, ...tag }) };
}
