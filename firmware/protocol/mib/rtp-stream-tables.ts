/**
 * rtpSenderTable and rtpRcvrTable of RTP-MIB (RFC 2959): the stream that a connection sends, and this gateway as the
 * receiver of the one it hears. A row for each; the optional ones of the far side as others see it are not here. Of the
 * columns those that a gateway knows; what has not happened yet has no instance.
 *
 *     rtpSenderEntry 1.3.6.1.2.1.87.1.5.1 . COLUMN . rtpSessionIndex . rtpSenderSSRC
 *     rtpRcvrEntry   1.3.6.1.2.1.87.1.7.1 . COLUMN . rtpSessionIndex . rtpRcvrSRCSSRC . rtpRcvrSSRC
 */
import type { Address } from "../address.js";
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import { transportOctets } from "./rtp-mib.js";
import { counter, counter32, text, timeStamp, unsigned } from "./textual-convention.js";

export const rtpSenderEntryOid: Oid = [1, 3, 6, 1, 2, 1, 87, 1, 5, 1];
export const rtpRcvrEntryOid: Oid = [1, 3, 6, 1, 2, 1, 87, 1, 7, 1];

/** What both rows have. Times are values of sysUpTime in ms. */
interface RtpEnd {
  /** Ours. */
  readonly cname: string;
  readonly local: Address;
  readonly ssrc: number;
  readonly packets: number;
  readonly octets: number;
  readonly payloadType: number;
  readonly startedUpMs: number;
  /** RTCP reports about it, and the last of them; null: none was sent. */
  readonly reports: number;
  readonly reportedUpMs: number | null;
}

export type RtpSender = RtpEnd;

export interface RtpReceiver extends RtpEnd {
  /** Of the stream that is received. */
  readonly sourceSsrc: number;
  readonly lost: number;
  /** Media clock units (RFC 3550 section 6.4.1); null: not known yet. */
  readonly jitter: number | null;
}

export interface RtpColumn<Row> {
  readonly number: number;
  readonly name: string;
  /** Null: this row has no instance. */
  readonly write: (row: Row) => SnmpValue | null;
}

/** Column 1, rtpSenderSSRC, is in the index; 6, rtpSenderTool, is said by nobody. */
export const rtpSenderColumns: readonly RtpColumn<RtpSender>[] = [
  { number: 2, name: "rtpSenderCNAME", write: ({ cname }) => text.write(cname) },
  { number: 3, name: "rtpSenderAddr", write: ({ local }) => transportOctets(local) },
  { number: 4, name: "rtpSenderPackets", write: ({ packets }) => counter.write(packets) },
  { number: 5, name: "rtpSenderOctets", write: ({ octets }) => counter.write(octets) },
  { number: 7, name: "rtpSenderSRs", write: ({ reports }) => counter32(reports) },
  { number: 8, name: "rtpSenderSRTime", write: ({ reportedUpMs }) => timeOrNone(reportedUpMs) },
  { number: 9, name: "rtpSenderPT", write: ({ payloadType }) => ({ type: "integer", value: payloadType }) },
  { number: 10, name: "rtpSenderStartTime", write: ({ startedUpMs }) => timeStamp(startedUpMs) },
];

/**
 * Columns 1 and 2 are in the index. 5, rtpRcvrRTT, is measured by who sends the stream, and that is not this gateway; 8,
 * rtpRcvrTool, is said by nobody.
 */
export const rtpRcvrColumns: readonly RtpColumn<RtpReceiver>[] = [
  { number: 3, name: "rtpRcvrCNAME", write: ({ cname }) => text.write(cname) },
  { number: 4, name: "rtpRcvrAddr", write: ({ local }) => transportOctets(local) },
  { number: 6, name: "rtpRcvrLostPackets", write: ({ lost }) => counter.write(lost) },
  {
    number: 7,
    name: "rtpRcvrJitter",
    write: ({ jitter }) => (jitter === null ? null : unsigned().write(Math.floor(jitter))),
  },
  { number: 9, name: "rtpRcvrRRs", write: ({ reports }) => counter32(reports) },
  { number: 10, name: "rtpRcvrRRTime", write: ({ reportedUpMs }) => timeOrNone(reportedUpMs) },
  { number: 11, name: "rtpRcvrPT", write: ({ payloadType }) => ({ type: "integer", value: payloadType }) },
  { number: 12, name: "rtpRcvrPackets", write: ({ packets }) => counter.write(packets) },
  { number: 13, name: "rtpRcvrOctets", write: ({ octets }) => counter.write(octets) },
  { number: 14, name: "rtpRcvrStartTime", write: ({ startedUpMs }) => timeStamp(startedUpMs) },
];

function timeOrNone(upMs: number | null): SnmpValue | null {
  return upMs === null ? null : timeStamp(upMs);
}
