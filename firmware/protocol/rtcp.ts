/**
 * RTCP compound packets (RFC 3550 section 6): sender and receiver reports, source description, goodbye. What else a
 * compound packet holds (APP, XR, feedback) is passed over by its length, as appendix A.2 asks.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |V=2|P|  count  |      PT       |      length in words - 1      |   SR 200, RR 201, SDES 202, BYE 203
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
import type { NtpTime } from "./ntp-time.js";
import { type ParseResult, parsed, refused } from "./parse-result.js";

const senderReportType = 200;
const receiverReportType = 201;
const sourceDescriptionType = 202;
const goodbyeType = 203;
const headBytes = 4;
const senderInfoBytes = 20;
const reportBlockBytes = 24;
/** Five bits count report blocks, chunks and goodbyes. */
const countMax = 31;
const itemBytesMax = 255;
/** Longest compound packet that is read: what an Ethernet frame carries. */
export const rtcpBytesMax = 1472;

/** RFC 3550 section 6.5. */
export const sdesCname = 1;

export interface ReportBlock {
  readonly ssrc: number;
  /** 0..255, in 1/256. */
  readonly fractionLost: number;
  /** 24 bits signed. */
  readonly cumulativeLost: number;
  readonly extendedHighestSequence: number;
  /** Media clock units. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report heard; 0 when there was none. */
  readonly lastSenderReport: number;
  /** Since that report, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

export interface SenderInfo {
  readonly ntp: NtpTime;
  readonly rtpTime: number;
  readonly packetsSent: number;
  readonly octetsSent: number;
}

export interface DescriptionItem {
  readonly type: number;
  /** UTF-8, at most 255 bytes. */
  readonly text: string;
}

export type RtcpPacket =
  | {
      readonly kind: "sender-report";
      readonly ssrc: number;
      readonly sender: SenderInfo;
      readonly reports: readonly ReportBlock[];
    }
  | { readonly kind: "receiver-report"; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly kind: "description"; readonly chunks: readonly DescriptionChunk[] }
  | { readonly kind: "goodbye"; readonly ssrcs: readonly number[]; readonly reason: string };

export interface DescriptionChunk {
  readonly ssrc: number;
  readonly items: readonly DescriptionItem[];
}

/** A whole compound packet; packets of kinds not listed above are left out. Appendix A.2 says what is valid. */
export function parseRtcp(bytes: Uint8Array): ParseResult<readonly RtcpPacket[]> {
  if (bytes.length > rtcpBytesMax) return refused(`longer than ${rtcpBytesMax} bytes`);
  if (bytes.length < 8) return refused("shorter than a report");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const firstType = view.getUint8(1);
  if (firstType !== senderReportType && firstType !== receiverReportType)
    return refused("does not begin with a report");
  const packets: RtcpPacket[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    if (offset + headBytes > bytes.length) return refused("bytes left over");
    const first = view.getUint8(offset);
    if (first >> 6 !== 2) return refused("not RTP version 2");
    const end = offset + 4 * (view.getUint16(offset + 2) + 1);
    if (end > bytes.length) return refused("length passes the end");
    const isPadded = (first & 0x20) !== 0;
    if (isPadded && end !== bytes.length) return refused("padding before the last packet");
    const paddingBytes = isPadded ? view.getUint8(end - 1) : 0;
    const bodyEnd = end - paddingBytes;
    if (isPadded && (paddingBytes === 0 || bodyEnd < offset + headBytes)) return refused("padding passes the header");
    const packet = parsePacket(view, bytes, offset, bodyEnd);
    if (!packet.ok) return packet;
    if (packet.value !== null) packets.push(packet.value);
    offset = end;
  }
  return parsed(packets);
}

function parsePacket(view: DataView, bytes: Uint8Array, offset: number, end: number): ParseResult<RtcpPacket | null> {
  const count = view.getUint8(offset) & 0x1f;
  const body = offset + headBytes;
  switch (view.getUint8(offset + 1)) {
    case senderReportType:
      if (body + 4 + senderInfoBytes > end) return refused("sender report is cut short");
      return withReports(view, body + 4 + senderInfoBytes, end, count, (reports) => ({
        kind: "sender-report",
        ssrc: view.getUint32(body),
        sender: readSenderInfo(view, body + 4),
        reports,
      }));
    case receiverReportType:
      if (body + 4 > end) return refused("receiver report is cut short");
      return withReports(view, body + 4, end, count, (reports) => ({
        kind: "receiver-report",
        ssrc: view.getUint32(body),
        reports,
      }));
    case sourceDescriptionType:
      return parseDescription(view, bytes, body, end, count);
    case goodbyeType:
      return parseGoodbye(view, bytes, body, end, count);
    default:
      return parsed(null);
  }
}

function withReports(
  view: DataView,
  offset: number,
  end: number,
  count: number,
  make: (reports: readonly ReportBlock[]) => RtcpPacket,
): ParseResult<RtcpPacket> {
  if (offset + count * reportBlockBytes > end) return refused("report blocks pass the end");
  return parsed(make(Array.from({ length: count }, (_, index) => readReport(view, offset + index * reportBlockBytes))));
}

function readSenderInfo(view: DataView, offset: number): SenderInfo {
  return {
    ntp: { seconds: view.getUint32(offset), fraction: view.getUint32(offset + 4) },
    rtpTime: view.getUint32(offset + 8),
    packetsSent: view.getUint32(offset + 12),
    octetsSent: view.getUint32(offset + 16),
  };
}

function readReport(view: DataView, offset: number): ReportBlock {
  return {
    ssrc: view.getUint32(offset),
    fractionLost: view.getUint8(offset + 4),
    cumulativeLost: (view.getUint32(offset + 4) << 8) >> 8,
    extendedHighestSequence: view.getUint32(offset + 8),
    jitter: view.getUint32(offset + 12),
    lastSenderReport: view.getUint32(offset + 16),
    delaySinceLastSenderReport: view.getUint32(offset + 20),
  };
}

/** Section 6.5: items end with a zero octet, a chunk with zeros up to the next word. */
function parseDescription(
  view: DataView,
  bytes: Uint8Array,
  body: number,
  end: number,
  count: number,
): ParseResult<RtcpPacket> {
  const chunks: DescriptionChunk[] = [];
  let offset = body;
  for (let index = 0; index < count; index += 1) {
    if (offset + 4 > end) return refused("description chunk is cut short");
    const ssrc = view.getUint32(offset);
    const items: DescriptionItem[] = [];
    offset += 4;
    for (;;) {
      if (offset >= end) return refused("description has no end");
      const type = view.getUint8(offset);
      if (type === 0) break;
      if (offset + 2 > end) return refused("description item is cut short");
      const textEnd = offset + 2 + view.getUint8(offset + 1);
      if (textEnd > end) return refused("description item passes the end");
      items.push({ type, text: decoder.decode(bytes.slice(offset + 2, textEnd)) });
      offset = textEnd;
    }
    chunks.push({ ssrc, items });
    offset = body + 4 * (Math.floor((offset - body) / 4) + 1);
  }
  return parsed({ kind: "description", chunks });
}

function parseGoodbye(
  view: DataView,
  bytes: Uint8Array,
  body: number,
  end: number,
  count: number,
): ParseResult<RtcpPacket> {
  const reasonOffset = body + 4 * count;
  if (reasonOffset > end) return refused("goodbye is cut short");
  const ssrcs = Array.from({ length: count }, (_, index) => view.getUint32(body + 4 * index));
  if (reasonOffset === end) return parsed({ kind: "goodbye", ssrcs, reason: "" });
  const reasonEnd = reasonOffset + 1 + view.getUint8(reasonOffset);
  if (reasonEnd > end) return refused("goodbye reason passes the end");
  return parsed({ kind: "goodbye", ssrcs, reason: decoder.decode(bytes.slice(reasonOffset + 1, reasonEnd)) });
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Throws RangeError on what RTCP cannot carry: more than 31 of anything, a text above 255 bytes. */
export function writeRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  const parts = packets.map(writePacket);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function writePacket(packet: RtcpPacket): Uint8Array {
  switch (packet.kind) {
    case "sender-report": {
      const view = begin(senderReportType, packet.reports.length, 4 + senderInfoBytes + reportsBytes(packet.reports));
      view.setUint32(4, packet.ssrc);
      view.setUint32(8, packet.sender.ntp.seconds);
      view.setUint32(12, packet.sender.ntp.fraction);
      view.setUint32(16, packet.sender.rtpTime);
      view.setUint32(20, packet.sender.packetsSent);
      view.setUint32(24, packet.sender.octetsSent);
      return writeReports(view, 28, packet.reports);
    }
    case "receiver-report": {
      const view = begin(receiverReportType, packet.reports.length, 4 + reportsBytes(packet.reports));
      view.setUint32(4, packet.ssrc);
      return writeReports(view, 8, packet.reports);
    }
    case "description":
      return writeDescription(packet.chunks);
    case "goodbye":
      return writeGoodbye(packet.ssrcs, packet.reason);
  }
}

function begin(type: number, count: number, bodyBytes: number): DataView {
  if (count > countMax) throw new RangeError(`more than ${countMax} in an RTCP packet`);
  const view = new DataView(new ArrayBuffer(headBytes + 4 * Math.ceil(bodyBytes / 4)));
  view.setUint8(0, (2 << 6) | count);
  view.setUint8(1, type);
  view.setUint16(2, view.byteLength / 4 - 1);
  return view;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function reportsBytes(reports: readonly ReportBlock[]): number {
  return reports.length * reportBlockBytes;
}

function writeReports(view: DataView, offset: number, reports: readonly ReportBlock[]): Uint8Array {
  for (const [index, report] of reports.entries()) {
    const at = offset + index * reportBlockBytes;
    view.setUint32(at, report.ssrc);
    view.setUint32(at + 4, (report.fractionLost << 24) | (report.cumulativeLost & 0xffffff));
    view.setUint32(at + 8, report.extendedHighestSequence);
    view.setUint32(at + 12, report.jitter);
    view.setUint32(at + 16, report.lastSenderReport);
    view.setUint32(at + 20, report.delaySinceLastSenderReport);
  }
  return bytesOf(view);
}

function textBytes(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length > itemBytesMax) throw new RangeError(`text above ${itemBytesMax} bytes`);
  return bytes;
}

function writeDescription(chunks: readonly DescriptionChunk[]): Uint8Array {
  const written = chunks.map((chunk) => {
    const items = chunk.items.flatMap((item) => [item.type, textBytes(item.text).length, ...textBytes(item.text)]);
    const bytes = new Uint8Array(4 + 4 * (Math.floor(items.length / 4) + 1));
    new DataView(bytes.buffer).setUint32(0, chunk.ssrc);
    bytes.set(items, 4);
    return bytes;
  });
  const view = begin(
    sourceDescriptionType,
    chunks.length,
    written.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = headBytes;
  for (const part of written) {
    bytesOf(view).set(part, offset);
    offset += part.length;
  }
  return bytesOf(view);
}

function writeGoodbye(ssrcs: readonly number[], reason: string): Uint8Array {
  const text = textBytes(reason);
  const view = begin(goodbyeType, ssrcs.length, 4 * ssrcs.length + (text.length === 0 ? 0 : 1 + text.length));
  for (const [index, ssrc] of ssrcs.entries()) view.setUint32(headBytes + 4 * index, ssrc);
  if (text.length > 0) {
    view.setUint8(headBytes + 4 * ssrcs.length, text.length);
    bytesOf(view).set(text, headBytes + 4 * ssrcs.length + 1);
  }
  return bytesOf(view);
}
