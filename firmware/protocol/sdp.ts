/**
 * Session descriptions (RFC 8866) as far as a voice gateway uses them: one audio stream over RTP/AVP, its address,
 * codings, packet time and direction. Of offer and answer (RFC 3264) only the form of the answer is here; what is agreed
 * on is management's. sdp-transform reads; we write, so that the order and the bytes are ours:
 *
 *   v=0
 *   o=- <session id> <version> IN IP4 <address>
 *   s=-
 *   c=IN IP4 <address>
 *   t=0 0
 *   m=audio <port> RTP/AVP <payload type> ...
 *   a=rtpmap:<payload type> <encoding>/<clock rate>
 *   a=fmtp:<payload type> <parameters>
 *   a=ptime:<ms>
 *   a=sendrecv
 */
import { parse as readSession } from "sdp-transform";
import type { Coding } from "./active-connection.js";
import { type Address, isIpLiteral, isIpv4 } from "./address.js";
import { type ParseResult, parsed, refused } from "./parse-result.js";

export const sdpDirections = ["sendrecv", "sendonly", "recvonly", "inactive"] as const;
export type SdpDirection = (typeof sdpDirections)[number];

export interface MediaDescription {
  /** o=: session id and version, decimal digits; "0" where the description has no o=. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  /** c= and the port of m=audio. Port 0: the stream is refused (RFC 3264 section 6). */
  readonly media: Address;
  /**
   * In order of preference; static payload types are named too (RFC 3551 table 4). telephone-event is not in here.
   * Formats that cannot be named are left out, so a description may have none. One packet time holds for all of them:
   * that of the first is the one written.
   */
  readonly codings: readonly Coding[];
  /** Payload type of telephone-event/8000 (RFC 4733), null when not offered. */
  readonly telephoneEventPayloadType: number | null;
  /** Of the codings, in their order; not all have any, and telephone-event's are not in here. */
  readonly formatParameters: readonly FormatParameters[];
  readonly direction: SdpDirection;
}

/** a=fmtp: the text is the format's own and means nothing here. */
export interface FormatParameters {
  readonly payloadType: number;
  /** Printable ASCII, 1 to sdpParametersCharactersMax characters. */
  readonly text: string;
}

export const sdpCharactersMax = 8_192;
export const sdpLinesMax = 256;
export const sdpCodingsMax = 32;
/** Parameters of one format, and of all together; what is longer is left out, as if it had not been said. */
export const sdpParametersCharactersMax = 256;
export const sdpParametersTotalMax = 1_024;
export const sdpPtimeDefaultMs = 20;
export const sdpPtimeMaxMs = 200;

/** RFC 3551 tables 4: the audio payload types that need no rtpmap. Those of two channels are left out. */
const staticCodings = new Map<number, readonly [encoding: string, clockRateHz: number]>([
  [0, ["PCMU", 8_000]],
  [3, ["GSM", 8_000]],
  [4, ["G723", 8_000]],
  [5, ["DVI4", 8_000]],
  [6, ["DVI4", 16_000]],
  [7, ["LPC", 8_000]],
  [8, ["PCMA", 8_000]],
  [9, ["G722", 8_000]],
  [11, ["L16", 44_100]],
  [12, ["QCELP", 8_000]],
  [13, ["CN", 8_000]],
  [15, ["G728", 8_000]],
  [16, ["DVI4", 11_025]],
  [17, ["DVI4", 22_050]],
  [18, ["G729", 8_000]],
]);

/** Payload type 19 is reserved (RFC 3551 table 4): a format list that names nothing, as m= must not be empty. */
const noFormat = 19;

type SessionFields = ReturnType<typeof readSession>;
type AudioFields = SessionFields["media"][number];
type RtpMap = AudioFields["rtp"][number];

/**
 * `text` has its lines ended by CR LF or LF. The first audio stream that is offered over RTP/AVP counts, else the first;
 * the others are passed over.
 */
export function parseMediaDescription(text: string): ParseResult<MediaDescription> {
  if (text.length > sdpCharactersMax) return refused(`session description above ${sdpCharactersMax} characters`);
  if (text.split("\n").length > sdpLinesMax) return refused(`session description above ${sdpLinesMax} lines`);
  if (!/^v=0\r?(?:\n|$)/.test(text)) return refused("session description does not start with v=0");
  const session = readSession(text);
  const audio = audioStream(session.media);
  if (audio === undefined) return refused("session description has no m=audio");
  if (audio.protocol !== "RTP/AVP") return refused(`m=audio over ${audio.protocol}, not RTP/AVP`);

  const port = wholeNumber(audio.port, 65_535);
  if (port === null) return refused(`m=audio port ${audio.port} is not 0..65535`);
  const address = String(audio.connection?.ip ?? session.connection?.ip ?? "");
  if (!isIpLiteral(address)) return refused(`c= holds "${address}", not one IP address`);
  const sessionId = String(session.origin?.sessionId ?? "0");
  const sessionVersion = String(session.origin?.sessionVersion ?? "0");
  const ptimeMs = wholeNumber(audio.ptime ?? sdpPtimeDefaultMs, sdpPtimeMaxMs);
  if (ptimeMs === null || ptimeMs === 0) return refused(`a=ptime:${audio.ptime} is not 1..${sdpPtimeMaxMs} ms`);

  const formats = readFormats(audio, ptimeMs);
  if (!formats.ok) return formats;
  return parsed({
    sessionId: isSessionNumber(sessionId) ? sessionId : "0",
    sessionVersion: isSessionNumber(sessionVersion) ? sessionVersion : "0",
    media: { address, port },
    ...formats.value,
    formatParameters: readParameters(audio, formats.value.codings),
    direction: readDirection(audio.direction ?? session.direction),
  });
}

/** Lines ended by CR LF, the last one too. The values are the caller's own and are written as they are. */
export function writeMediaDescription(description: MediaDescription): string {
  const { media } = description;
  const network = `IN ${isIpv4(media.address) ? "IP4" : "IP6"} ${media.address}`;
  let text = `v=0\r\no=- ${description.sessionId} ${description.sessionVersion} ${network}\r\ns=-\r\n`;
  text += `c=${network}\r\nt=0 0\r\nm=audio ${media.port} RTP/AVP ${formatNumbers(description).join(" ")}\r\n`;
  for (const line of codingLines(description)) text += `${line}\r\n`;
  return `${text}a=${description.direction}\r\n`;
}

/** Of m=. */
export function formatNumbers({ codings, telephoneEventPayloadType }: MediaDescription): number[] {
  const formats = codings.map(({ payloadType }) => payloadType);
  if (telephoneEventPayloadType !== null) formats.push(telephoneEventPayloadType);
  return formats.length === 0 ? [noFormat] : formats;
}

/** What m= is followed by: rtpmap, fmtp and ptime. */
export function codingLines(description: MediaDescription): string[] {
  const { codings, telephoneEventPayloadType, formatParameters } = description;
  const lines = codings.map((coding) => `a=rtpmap:${coding.payloadType} ${rtpmapOf(coding)}`);
  for (const { payloadType, text } of formatParameters) lines.push(`a=fmtp:${payloadType} ${text}`);
  if (telephoneEventPayloadType !== null) {
    lines.push(`a=rtpmap:${telephoneEventPayloadType} telephone-event/8000`);
    lines.push(`a=fmtp:${telephoneEventPayloadType} 0-15`);
  }
  lines.push(`a=ptime:${codings[0]?.ptimeMs ?? sdpPtimeDefaultMs}`);
  return lines;
}

/**
 * The answer to an offer that parseMediaDescription took (RFC 3264 section 6): as many m= lines as the offer has and in its
 * order, each but the taken one refused by port 0, and no direction that the offer does not allow for.
 */
export function writeAnswer(answer: MediaDescription, offerText: string): string {
  const offered = readSession(offerText);
  const taken = audioStream(offered.media);
  const direction = readDirection(taken?.direction ?? offered.direction);
  const text = writeMediaDescription({ ...answer, direction: directionOfAnswer(answer.direction, direction) });
  const at = taken === undefined ? 0 : offered.media.indexOf(taken);
  const refusedLines = offerText
    .split(/[\r\n]+/)
    .filter((line) => line.startsWith("m="))
    .map(refusedStream);
  const stream = text.indexOf("m=audio");
  const before = refusedLines.slice(0, at).join("");
  return text.slice(0, stream) + before + text.slice(stream) + refusedLines.slice(at + 1).join("");
}

/** From the line as written: a kind of stream that the reader cannot take apart must be refused as well. */
function refusedStream(line: string): string {
  const [kind = "", , ...transportAndFormats] = line.slice(2).split(" ");
  return `m=${kind} 0 ${transportAndFormats.join(" ")}\r\n`;
}

function audioStream(streams: readonly AudioFields[]): AudioFields | undefined {
  const audio = streams.filter(({ type }) => type === "audio");
  return audio.find(({ protocol, port }) => protocol === "RTP/AVP" && port !== 0) ?? audio[0];
}

/** RFC 3264 section 6.1: what we send must be received there, and the other way round. */
function directionOfAnswer(ours: SdpDirection, theirs: SdpDirection): SdpDirection {
  const sends = (ours === "sendrecv" || ours === "sendonly") && (theirs === "sendrecv" || theirs === "recvonly");
  const receives = (ours === "sendrecv" || ours === "recvonly") && (theirs === "sendrecv" || theirs === "sendonly");
  if (sends) return receives ? "sendrecv" : "sendonly";
  return receives ? "recvonly" : "inactive";
}

/** RFC 7587 section 4.1: Opus is always written with two channels, whatever it carries. */
function rtpmapOf(coding: Coding): string {
  return `${coding.encoding}/${coding.clockRateHz}${coding.encoding === "OPUS" ? "/2" : ""}`;
}

function readFormats(
  audio: AudioFields,
  ptimeMs: number,
): ParseResult<Pick<MediaDescription, "codings" | "telephoneEventPayloadType">> {
  const codings: Coding[] = [];
  const seen = new Set<number>();
  let telephoneEventPayloadType: number | null = null;
  for (const format of String(audio.payloads ?? "").split(" ")) {
    const payloadType = wholeNumber(format === "" ? null : Number(format), 127);
    if (payloadType === null || seen.has(payloadType)) continue;
    if (seen.size >= sdpCodingsMax) return refused(`m=audio lists more than ${sdpCodingsMax} formats`);
    seen.add(payloadType);
    const map = audio.rtp.find((candidate) => candidate.payload === payloadType);
    const named = map === undefined ? staticCodings.get(payloadType) : readRtpMap(map);
    if (named === undefined) continue;
    const [encoding, clockRateHz] = named;
    if (encoding !== "TELEPHONE-EVENT") codings.push({ encoding, clockRateHz, payloadType, ptimeMs });
    else if (clockRateHz === 8_000) telephoneEventPayloadType ??= payloadType;
  }
  return parsed({ codings, telephoneEventPayloadType });
}

function readParameters(audio: AudioFields, codings: readonly Coding[]): FormatParameters[] {
  const found: FormatParameters[] = [];
  let characters = 0;
  for (const { payloadType } of codings) {
    // One number alone is read as such, although its type does not say so.
    const text = String(audio.fmtp.find(({ payload }) => payload === payloadType)?.config ?? "");
    if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) continue;
    characters += text.length;
    if (text.length > sdpParametersCharactersMax || characters > sdpParametersTotalMax) continue;
    found.push({ payloadType, text });
  }
  return found;
}

/** Undefined where the line does not name a coding of one channel. */
function readRtpMap(map: RtpMap): readonly [string, number] | undefined {
  const encoding = String(map.codec).toUpperCase();
  const clockRateHz = wholeNumber(map.rate, 768_000);
  const channels = String(map.encoding ?? "1");
  if (encoding === "" || encoding.length > 32 || clockRateHz === null || clockRateHz === 0) return undefined;
  return channels === "1" || encoding === "OPUS" ? [encoding, clockRateHz] : undefined;
}

/** sdp-transform types every number as one, but leaves a string where the digits do not round-trip. */
function wholeNumber(value: unknown, maximum: number): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximum ? value : null;
}

/** Numeric by RFC 8866 section 5.2; others' gateways do write letters there (RFC 3435 section 3.4.1), and it may be ignored. */
function isSessionNumber(text: string): boolean {
  return /^\d{1,20}$/.test(text);
}

function readDirection(text: string | undefined): SdpDirection {
  return sdpDirections.find((direction) => direction === text) ?? "sendrecv";
}
