/**
 * RTCP of one leg (RFC 3550 section 6): when to report (6.3), what to say, and the round trip heard in the answers. Two
 * parties, unicast: the reconsideration rules for large groups are left out, as section 6.3 allows.
 */
import type { Random } from "#protocol/chance.js";
import { ntpMiddle, ntpOfWallMs, roundTripMs } from "#protocol/ntp-time.js";
import { parseRtcp, type ReportBlock, type RtcpPacket, sdesCname, writeRtcp } from "#protocol/rtcp.js";

/** Section 6.2: 5 % of the session bandwidth; of G.711 with its headers, 80 kbit/s. */
const rtcpOctetsPerSecond = 500;
const intervalLeastMs = 5000;
/** SR or RR with one block, SDES with a CNAME, and the headers of IP and UDP. */
const averageBytesAtStart = 140;
const udpIpHeaderBytes = 28;
/** e - 3/2 (section 6.3.1). */
const compensation = 1.21828;

/** What the transmitter knows. */
export interface Sent {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly packetsSent: number;
  readonly octetsSent: number;
}

/** What the receiver knows of the present stream. */
export interface Heard {
  readonly ssrc: number;
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly extendedHighest: number;
  /** Media clock units. */
  readonly jitter: number;
}

export interface ReportsSent {
  readonly reports: number;
  /** Of the last; null: there was none. */
  readonly reportedAtMs: number | null;
}

const noReports: ReportsSent = { reports: 0, reportedAtMs: null };

export class RtcpSession {
  readonly #cname: string;
  readonly #random: Random;
  readonly #wallAtZeroMs: number;
  #nextAtMs: number;
  #hasReported = false;
  #averageBytes = averageBytesAtStart;
  #sentAtLastReport = 0;
  #sentAtReportBefore = 0;
  #lastSenderReport: { readonly ssrc: number; readonly middle: number; readonly heardAtMs: number } | null = null;
  roundTripMs: number | null = null;
  #sentReports: ReportsSent = noReports;
  #heardReports: ReportsSent & { readonly ssrc: number | null } = { ...noReports, ssrc: null };

  /** wallAtZeroMs: wall clock when the monotonic one showed 0. */
  constructor(cname: string, random: Random, wallAtZeroMs: number, nowMs: number) {
    this.#cname = cname;
    this.#random = random;
    this.#wallAtZeroMs = wallAtZeroMs;
    this.#nextAtMs = nowMs + this.#intervalMs(false);
  }

  get nextAtMs(): number {
    return this.#nextAtMs;
  }

  /** The compound packet that is due; heard is null when no stream is. */
  report(sent: Sent, heard: Heard | null, nowMs: number): Uint8Array {
    const weSent = sent.packetsSent > this.#sentAtReportBefore;
    const bytes = writeRtcp(this.#compound(sent, heard, weSent, nowMs));
    if (weSent) this.#sentReports = { reports: this.#sentReports.reports + 1, reportedAtMs: nowMs };
    if (heard !== null) {
      const { reports } = this.reportsOn(heard.ssrc);
      this.#heardReports = { ssrc: heard.ssrc, reports: reports + 1, reportedAtMs: nowMs };
    }
    this.#sentAtReportBefore = this.#sentAtLastReport;
    this.#sentAtLastReport = sent.packetsSent;
    this.#hasReported = true;
    this.#average(bytes.length);
    this.#nextAtMs = nowMs + this.#intervalMs(weSent);
    return bytes;
  }

  /** Sender reports of what we send. */
  get sentReports(): ReportsSent {
    return this.#sentReports;
  }

  /** Blocks about what the far side sends under this SSRC. */
  reportsOn(ssrc: number): ReportsSent {
    const { reports, reportedAtMs, ssrc: on } = this.#heardReports;
    return on === ssrc ? { reports, reportedAtMs } : noReports;
  }

  /** Nobody to report to yet: asks again an interval later. */
  postpone(nowMs: number): void {
    this.#nextAtMs = nowMs + this.#intervalMs(false);
  }

  /** Section 6.3.7: null when nothing was ever sent, for then nobody may be told of the end. */
  goodbye(sent: Sent, heard: Heard | null, nowMs: number): Uint8Array | null {
    if (!this.#hasReported && sent.packetsSent === 0) return null;
    const weSent = sent.packetsSent > this.#sentAtReportBefore;
    const compound = this.#compound(sent, heard, weSent, nowMs);
    return writeRtcp([...compound, { kind: "goodbye", ssrcs: [sent.ssrc], reason: "" }]);
  }

  /** What the far side sent; ownSsrc tells its blocks about us. Malformed packets are refused and change nothing. */
  receive(bytes: Uint8Array, ownSsrc: number, nowMs: number): "heard" | "malformed" {
    const compound = parseRtcp(bytes);
    if (!compound.ok) return "malformed";
    this.#average(bytes.length);
    for (const packet of compound.value) {
      if (packet.kind === "sender-report") {
        this.#lastSenderReport = { ssrc: packet.ssrc, middle: ntpMiddle(packet.sender.ntp), heardAtMs: nowMs };
      }
      if (packet.kind === "sender-report" || packet.kind === "receiver-report") {
        for (const block of packet.reports) if (block.ssrc === ownSsrc) this.#measure(block, nowMs);
      }
    }
    return "heard";
  }

  #measure(block: ReportBlock, nowMs: number): void {
    const now = ntpMiddle(ntpOfWallMs(this.#wallAtZeroMs + nowMs));
    const measured = roundTripMs(now, block.lastSenderReport, block.delaySinceLastSenderReport);
    if (measured !== null) this.roundTripMs = measured;
  }

  #compound(sent: Sent, heard: Heard | null, weSent: boolean, nowMs: number): RtcpPacket[] {
    const reports = heard === null ? [] : [this.#block(heard, nowMs)];
    const description: RtcpPacket = {
      kind: "description",
      chunks: [{ ssrc: sent.ssrc, items: [{ type: sdesCname, text: this.#cname }] }],
    };
    if (!weSent) return [{ kind: "receiver-report", ssrc: sent.ssrc, reports }, description];
    const sender = {
      ntp: ntpOfWallMs(this.#wallAtZeroMs + nowMs),
      rtpTime: sent.timestamp,
      packetsSent: sent.packetsSent,
      octetsSent: sent.octetsSent,
    };
    return [{ kind: "sender-report", ssrc: sent.ssrc, sender, reports }, description];
  }

  #block(heard: Heard, nowMs: number): ReportBlock {
    const last = this.#lastSenderReport?.ssrc === heard.ssrc ? this.#lastSenderReport : null;
    return {
      ssrc: heard.ssrc,
      fractionLost: heard.fractionLost,
      cumulativeLost: Math.min(Math.max(heard.cumulativeLost, -0x80_0000), 0x7f_ffff),
      extendedHighestSequence: heard.extendedHighest >>> 0,
      jitter: Math.floor(heard.jitter),
      lastSenderReport: last?.middle ?? 0,
      delaySinceLastSenderReport: last === null ? 0 : Math.round(((nowMs - last.heardAtMs) * 65_536) / 1000) >>> 0,
    };
  }

  /** Sections 6.2 and 6.3.1: members are two, and when we send, so does the other most likely. */
  #intervalMs(weSent: boolean): number {
    const leastMs = this.#hasReported ? intervalLeastMs : intervalLeastMs / 2;
    const shares = weSent ? 2 : 1;
    const byBandwidthMs = (1000 * this.#averageBytes * shares) / rtcpOctetsPerSecond;
    return (Math.max(leastMs, byBandwidthMs) * (0.5 + this.#random())) / compensation;
  }

  #average(bytes: number): void {
    this.#averageBytes += (bytes + udpIpHeaderBytes - this.#averageBytes) / 16;
  }
}
