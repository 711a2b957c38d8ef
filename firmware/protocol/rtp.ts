/**
 * RTP packets (RFC 3550 section 5.1). One reader and one writer work on bytes in place, for the media path, where a
 * packet may make no garbage; parseRtp and writeRtp give and take values and stand on the same two.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                           timestamp                           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           synchronization source (SSRC) identifier            |
 *   +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *   |   CC contributing sources (CSRC), X: profile (16), words (16), extension data; payload; P: padding, its count  |
 */
import { type ParseResult, parsed, refused } from "./parse-result.js";

export const rtpHeaderBytes = 12;
const rtpVersion = 2;
const csrcsMax = 15;
const extensionWordsMax = 0xffff;
const paddingBytesMax = 255;

/** What is wrong with the bytes of a packet. */
export type RtpFault =
  | "shorter than an RTP header"
  | "not RTP version 2"
  | "contributing sources pass the end"
  | "header extension passes the end"
  | "padding passes the header";

/** Reads a packet's header in place; the fields hold until the next read. Made once, used for every packet. */
export class RtpReader {
  marker = false;
  payloadType = 0;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  csrcCount = 0;
  /** 0 when there is no extension; else where its four-byte head begins. */
  extensionOffset = 0;
  payloadOffset = 0;
  payloadBytes = 0;
  paddingBytes = 0;

  /** The packet is `length` bytes at `offset` of view. Null when it is a whole RTP packet; offsets are into view. */
  read(view: DataView, offset: number, length: number): RtpFault | null {
    if (length < rtpHeaderBytes) return "shorter than an RTP header";
    const first = view.getUint8(offset);
    if (first >> 6 !== rtpVersion) return "not RTP version 2";
    const second = view.getUint8(offset + 1);
    this.marker = (second & 0x80) !== 0;
    this.payloadType = second & 0x7f;
    this.sequenceNumber = view.getUint16(offset + 2);
    this.timestamp = view.getUint32(offset + 4);
    this.ssrc = view.getUint32(offset + 8);
    return this.#readVariablePart(view, offset, length, first);
  }

  #readVariablePart(view: DataView, offset: number, length: number, first: number): RtpFault | null {
    const end = offset + length;
    this.csrcCount = first & 0x0f;
    let payload = offset + rtpHeaderBytes + 4 * this.csrcCount;
    if (payload > end) return "contributing sources pass the end";
    this.extensionOffset = 0;
    if ((first & 0x10) !== 0) {
      if (payload + 4 > end) return "header extension passes the end";
      this.extensionOffset = payload;
      payload += 4 + 4 * view.getUint16(payload + 2);
      if (payload > end) return "header extension passes the end";
    }
    const isPadded = (first & 0x20) !== 0;
    this.paddingBytes = isPadded ? view.getUint8(end - 1) : 0;
    if (isPadded && (this.paddingBytes === 0 || payload + this.paddingBytes > end)) return "padding passes the header";
    this.payloadOffset = payload;
    this.payloadBytes = end - payload - this.paddingBytes;
    return null;
  }
}

/** Writes the twelve bytes of a header without contributing sources, extension and padding. */
export function writeRtpHeader(
  view: DataView,
  offset: number,
  marker: boolean,
  payloadType: number,
  sequenceNumber: number,
  timestamp: number,
  ssrc: number,
): void {
  view.setUint8(offset, rtpVersion << 6);
  view.setUint8(offset + 1, (marker ? 0x80 : 0) | (payloadType & 0x7f));
  view.setUint16(offset + 2, sequenceNumber);
  view.setUint32(offset + 4, timestamp);
  view.setUint32(offset + 8, ssrc);
}

export interface RtpPacket {
  readonly marker: boolean;
  /** 0..127. */
  readonly payloadType: number;
  /** 0..65535. */
  readonly sequenceNumber: number;
  /** Media clock units, 32 bits unsigned. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** At most 15. */
  readonly csrcs: readonly number[];
  /** Section 5.3.1; data is a multiple of four bytes. */
  readonly extension: { readonly profile: number; readonly data: Uint8Array } | null;
  readonly payload: Uint8Array;
  /** Padding after the payload, its count byte included; 0 is none. */
  readonly paddingBytes: number;
}

/** The bytes are copied out, the value may be kept. */
export function parseRtp(bytes: Uint8Array): ParseResult<RtpPacket> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new RtpReader();
  const fault = reader.read(view, 0, bytes.length);
  if (fault !== null) return refused(fault);
  const csrcs = Array.from({ length: reader.csrcCount }, (_, index) => view.getUint32(rtpHeaderBytes + 4 * index));
  const at = reader.extensionOffset;
  return parsed({
    marker: reader.marker,
    payloadType: reader.payloadType,
    sequenceNumber: reader.sequenceNumber,
    timestamp: reader.timestamp,
    ssrc: reader.ssrc,
    csrcs,
    extension: at === 0 ? null : { profile: view.getUint16(at), data: bytes.slice(at + 4, reader.payloadOffset) },
    payload: bytes.slice(reader.payloadOffset, reader.payloadOffset + reader.payloadBytes),
    paddingBytes: reader.paddingBytes,
  });
}

/** Padding is written as zeros before its count. Throws RangeError on a packet that RTP cannot carry. */
export function writeRtp(packet: RtpPacket): Uint8Array {
  const { csrcs, extension, payload, paddingBytes } = packet;
  const extensionWords = extension === null ? 0 : extension.data.length / 4;
  if (csrcs.length > csrcsMax) throw new RangeError(`more than ${csrcsMax} contributing sources`);
  if (!Number.isInteger(extensionWords) || extensionWords > extensionWordsMax) throw new RangeError("extension length");
  if (paddingBytes < 0 || paddingBytes > paddingBytesMax) throw new RangeError("padding length");
  const extensionBytes = extension === null ? 0 : 4 + extension.data.length;
  const payloadOffset = rtpHeaderBytes + 4 * csrcs.length + extensionBytes;
  const bytes = new Uint8Array(payloadOffset + payload.length + paddingBytes);
  const view = new DataView(bytes.buffer);
  writeRtpHeader(view, 0, packet.marker, packet.payloadType, packet.sequenceNumber, packet.timestamp, packet.ssrc);
  view.setUint8(0, view.getUint8(0) | (paddingBytes > 0 ? 0x20 : 0) | (extension === null ? 0 : 0x10) | csrcs.length);
  for (const [index, csrc] of csrcs.entries()) view.setUint32(rtpHeaderBytes + 4 * index, csrc);
  if (extension !== null) {
    view.setUint16(payloadOffset - extensionBytes, extension.profile);
    view.setUint16(payloadOffset - extensionBytes + 2, extensionWords);
    bytes.set(extension.data, payloadOffset - extension.data.length);
  }
  bytes.set(payload, payloadOffset);
  if (paddingBytes > 0) view.setUint8(bytes.length - 1, paddingBytes);
  return bytes;
}

/** How far `later` is ahead of `earlier` on the circle of 16 bits: -32768 .. 32767. */
export function sequenceDistance(later: number, earlier: number): number {
  return ((later - earlier) << 16) >> 16;
}

/** The same for 32-bit media timestamps. */
export function timestampDistance(later: number, earlier: number): number {
  return (later - earlier) | 0;
}
