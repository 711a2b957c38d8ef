/**
 * Where the packets of one leg come in: header, source, sequence (RFC 3550 appendix A.1), counts, and on into the jitter
 * buffer. A stream - an address and an SSRC - is valid from its second packet in sequence on; the first waits in its
 * slot and is played too, so neither a new source nor a leap of the sequence numbers mutes anything.
 */
import type { Address } from "#protocol/address.js";
import { sameAddress } from "#protocol/address.js";
import { RtpReader } from "#protocol/rtp.js";
import type { Codec } from "./codec.js";
import type { JitterBuffer } from "./jitter-buffer.js";
import type { PacketSlots } from "./packet-slots.js";
import { SequenceTracker } from "./sequence-tracker.js";
import type { SourceLatch } from "./source-latch.js";

/** What became of a datagram. Only what was played or only counted was received; all else is discarded. */
export type Reception =
  | "played"
  | "counted"
  | "probation"
  | "stranger"
  | "malformed"
  | "other payload type"
  | "no slot"
  | "too late"
  | "duplicate";

/** What the leg expects. */
export interface Expected {
  readonly payloadType: number;
  readonly codec: Codec;
  readonly buffer: JitterBuffer;
}

/** The first packet of what may become the stream. */
interface Candidate {
  readonly from: Address | null;
  readonly ssrc: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly slot: number;
  readonly codes: number;
  readonly samples: number;
  readonly arrivedAtMs: number;
}

export class Receiver {
  readonly #view: DataView;
  readonly #slots: PacketSlots;
  readonly #latch: SourceLatch;
  readonly #reader = new RtpReader();
  readonly #tracker = new SequenceTracker();
  #expected: Expected | null = null;
  #plays = false;
  #ssrc: number | null = null;
  #candidate: Candidate | null = null;
  packetsReceived = 0;
  octetsReceived = 0;
  packetsDiscarded = 0;
  strangers = 0;
  lastReceivedAtMs: number | null = null;

  constructor(view: DataView, slots: PacketSlots, latch: SourceLatch) {
    this.#view = view;
    this.#slots = slots;
    this.#latch = latch;
  }

  /** plays: what comes is heard, not only counted. */
  expect(expected: Expected | null, plays: boolean): void {
    this.#expected = expected;
    this.#plays = plays;
  }

  /** The far side has moved: what comes next is another stream. */
  forgetStream(): void {
    this.#ssrc = null;
    this.#dropCandidate();
  }

  /** A datagram of `length` bytes lies in the spare slot. from is null when the kernel lets only the peer's through. */
  accept(length: number, from: Address | null, nowMs: number): Reception {
    const reception = this.#receive(length, from, nowMs);
    if (reception === "stranger") this.strangers += 1;
    if (reception !== "played" && reception !== "counted" && reception !== "probation") this.packetsDiscarded += 1;
    return reception;
  }

  #receive(length: number, from: Address | null, nowMs: number): Reception {
    const standing = from === null ? "peer" : this.#latch.judge(from);
    if (standing === "stranger") return "stranger";
    if (length > this.#slots.slotBytes) return "malformed";
    const reader = this.#reader;
    if (reader.read(this.#view, this.#slots.spare, length) !== null) return "malformed";
    if (standing === "peer" && reader.ssrc === this.#ssrc) {
      const order = this.#tracker.update(reader.sequenceNumber);
      if (order !== "jump") return this.#deliver(order === "newest", nowMs);
    }
    if (reader.payloadType !== this.#expected?.payloadType) return "other payload type";
    return this.#consider(from, nowMs);
  }

  #consider(from: Address | null, nowMs: number): Reception {
    const candidate = this.#candidate;
    const reader = this.#reader;
    const isNext =
      candidate !== null &&
      candidate.ssrc === reader.ssrc &&
      reader.sequenceNumber === ((candidate.sequenceNumber + 1) & 0xffff) &&
      isSameSource(candidate.from, from);
    if (isNext) {
      this.#candidate = null;
      this.#confirm(candidate);
      this.#tracker.update(reader.sequenceNumber);
      return this.#deliver(true, nowMs);
    }
    this.#dropCandidate();
    const slot = this.#slots.keep();
    if (slot === null) return "no slot";
    this.#candidate = {
      from,
      ssrc: reader.ssrc,
      sequenceNumber: reader.sequenceNumber,
      timestamp: reader.timestamp,
      slot,
      codes: reader.payloadOffset,
      samples: reader.payloadBytes,
      arrivedAtMs: nowMs,
    };
    return "probation";
  }

  #confirm(first: Candidate): void {
    if (first.from !== null && this.#latch.learnt === null) this.#latch.confirm(first.from);
    this.#ssrc = first.ssrc;
    this.#tracker.restart(first.sequenceNumber);
    this.#count(first.samples, first.timestamp, first.arrivedAtMs);
    const buffer = this.#expected?.buffer;
    if (!this.#plays || buffer === undefined) {
      this.#slots.giveBack(first.slot);
      return;
    }
    buffer.startStream(first.timestamp);
    if (buffer.push(first.slot, first.timestamp, first.codes, first.samples, true) !== "kept")
      this.packetsDiscarded += 1;
  }

  #deliver(isNewest: boolean, nowMs: number): Reception {
    const { payloadType, timestamp, payloadOffset, payloadBytes } = this.#reader;
    if (payloadType !== this.#expected?.payloadType) return "other payload type";
    this.#count(payloadBytes, timestamp, nowMs);
    if (!this.#plays) return "counted";
    const slot = this.#slots.keep();
    if (slot === null) return "no slot";
    const answer = this.#expected.buffer.push(slot, timestamp, payloadOffset, payloadBytes, isNewest);
    return answer === "kept" ? "played" : answer;
  }

  #count(octets: number, timestamp: number, nowMs: number): void {
    this.packetsReceived += 1;
    this.octetsReceived += octets;
    this.lastReceivedAtMs = nowMs;
    this.#tracker.arrived(timestamp, (nowMs * (this.#expected?.codec.clockRateHz ?? 0)) / 1000);
  }

  #dropCandidate(): void {
    if (this.#candidate === null) return;
    this.#slots.giveBack(this.#candidate.slot);
    this.packetsDiscarded += 1;
    this.#candidate = null;
  }

  /** Of the present stream; null when there is none. */
  get ssrc(): number | null {
    return this.#ssrc;
  }

  get tracker(): SequenceTracker {
    return this.#tracker;
  }

  get jitterMs(): number | null {
    const jitter = this.#tracker.jitter;
    return jitter === null || this.#expected === null ? null : (jitter * 1000) / this.#expected.codec.clockRateHz;
  }
}

function isSameSource(a: Address | null, b: Address | null): boolean {
  return a === null || b === null ? a === b : sameAddress(a, b);
}
