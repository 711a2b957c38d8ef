/**
 * What a telephone knows of the stream it receives: the figures of an RTCP report block (RFC 3550 section 6.4.1, with
 * appendix A.1 for sequence numbers, A.3 for loss and A.8 for jitter). It judges no packet; whether one is played is playout-buffer's affair.
 */
import { ntpMiddle } from "#protocol/ntp-time.js";
import type { ReportBlock, SenderInfo } from "#protocol/rtcp.js";
import { sequenceDistance } from "#protocol/rtp.js";

/** Media clock units in a ms, G.711. */
const unitsPerMs = 8;
/** RFC 3550 appendix A.1: a number so far ahead or behind is not believed until the next one follows on it. */
const dropoutMax = 3000;
const misorderMax = 100;
/** DLSR is in 1/65536 s. */
const delayUnitsPerMs = 65.536;

interface Source {
  readonly ssrc: number;
  readonly firstSequence: number;
  /** Extended by the count of wraps: grows above 65535. */
  highestSequence: number;
  received: number;
  /** What follows a number that was not believed; when it comes, the far side has begun its numbers anew. */
  anewAt: number | null;
  transitMs: number;
  jitterUnits: number;
  expectedReported: number;
  receivedReported: number;
  senderReport: { readonly middle: number; readonly atMs: number } | null;
}

export class Reception {
  #source: Source | null = null;
  #packets = 0;

  /** Of all sources so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Of the present source; 0 when there is none. */
  get lost(): number {
    return this.#source === null ? 0 : expected(this.#source) - this.#source.received;
  }

  packet(ssrc: number, sequenceNumber: number, timestamp: number, nowMs: number): void {
    this.#packets += 1;
    const transitMs = nowMs - timestamp / unitsPerMs;
    const source = this.#source;
    if (source?.ssrc !== ssrc) {
      this.#source = newSource(ssrc, sequenceNumber, transitMs);
      return;
    }
    const ahead = sequenceDistance(sequenceNumber, source.highestSequence);
    if (ahead >= dropoutMax || ahead <= -misorderMax) {
      if (source.anewAt === sequenceNumber) this.#source = newSource(ssrc, sequenceNumber, transitMs);
      else source.anewAt = (sequenceNumber + 1) & 0xffff;
      return;
    }
    source.anewAt = null;
    if (ahead > 0) source.highestSequence += ahead;
    source.received += 1;
    const change = Math.abs(transitMs - source.transitMs) * unitsPerMs;
    source.transitMs = transitMs;
    if (change < 2 ** 31) source.jitterUnits += (change - source.jitterUnits) / 16;
  }

  senderReport(ssrc: number, { ntp }: SenderInfo, nowMs: number): void {
    if (this.#source?.ssrc === ssrc) this.#source.senderReport = { middle: ntpMiddle(ntp), atMs: nowMs };
  }

  /** The report block on the present source; its fraction lost counts from the block before. Null: nothing was heard. */
  report(nowMs: number): ReportBlock | null {
    const source = this.#source;
    if (source === null) return null;
    const expectedNow = expected(source);
    const expectedSince = expectedNow - source.expectedReported;
    const lostSince = expectedSince - (source.received - source.receivedReported);
    source.expectedReported = expectedNow;
    source.receivedReported = source.received;
    const heard = source.senderReport;
    return {
      ssrc: source.ssrc,
      fractionLost:
        expectedSince <= 0 || lostSince <= 0 ? 0 : Math.min(255, Math.floor((lostSince * 256) / expectedSince)),
      cumulativeLost: Math.max(-0x80_0000, Math.min(0x7f_ffff, expectedNow - source.received)),
      extendedHighestSequence: source.highestSequence >>> 0,
      jitter: Math.floor(source.jitterUnits),
      lastSenderReport: heard?.middle ?? 0,
      delaySinceLastSenderReport: heard === null ? 0 : Math.round((nowMs - heard.atMs) * delayUnitsPerMs) >>> 0,
    };
  }
}

function newSource(ssrc: number, sequenceNumber: number, transitMs: number): Source {
  return {
    ssrc,
    firstSequence: sequenceNumber,
    highestSequence: sequenceNumber,
    received: 1,
    anewAt: null,
    transitMs,
    jitterUnits: 0,
    expectedReported: 0,
    receivedReported: 0,
    senderReport: null,
  };
}

function expected(source: Source): number {
  return source.highestSequence - source.firstSequence + 1;
}
