/**
 * Where the packets of one leg come in: header, source, sequence (RFC 3550 appendix A.1), counts, and on into the jitter
 * buffer, or, where the relay takes their payload type, straight on to another leg. A stream - an address and an SSRC -
 * is valid from its second packet in sequence on; the first waits in its slot and is played or relayed too, so neither
 * a new source nor a leap of the sequence numbers mutes anything. A relay does not let the very first one from the
 * signalled address and port wait.
 */
import type { Address } from "#protocol/address.js";
import { sameAddress } from "#protocol/address.js";
import { RtpReader } from "#protocol/rtp.js";
import type { JitterBuffer } from "./jitter-buffer.js";
import type { HeardStream } from "./media-port.js";
import type { PacketSlots } from "./packet-slots.js";
import { SequenceTracker } from "./sequence-tracker.js";
import type { SourceLatch } from "./source-latch.js";

/** What became of a datagram. What was played, relayed or only counted was received; all else is discarded. */
export type Reception =
  | "played"
  | "relayed"
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
  /** Jitter is counted in this clock. */
  readonly clockRateHz: number;
  /** Null: nothing is decoded here. */
  readonly playout: { readonly payloadType: number; readonly buffer: JitterBuffer } | null;
  readonly relay: PacketRelay | null;
}

/** Takes packets of some payload types on, as they lie: `length` bytes at `offset`. */
export interface PacketRelay {
  takes(payloadType: number): boolean;
  /** The reader holds the packet's header. */
  forward(packet: RtpReader, offset: number, length: number, stream: Stream): void;
}

/** One value a stream: a new SSRC, a leap of its sequence numbers or another source make a new one. */
export interface Stream {
  readonly ssrc: number;
}

/** The first packet of what may become the stream. */
interface Candidate {
  readonly from: Address | null;
  readonly ssrc: number;
  readonly sequenceNumber: number;
  readonly slot: number;
  readonly length: number;
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
  #stream: Stream | null = null;
  #candidate: Candidate | null = null;
  packetsReceived = 0;
  octetsReceived = 0;
  packetsDiscarded = 0;
  strangers = 0;
  lastReceivedAtMs: number | null = null;
  #lastPayloadType = 0;
  /** What was received before the present stream, and when that began. */
  #before = { packets: 0, octets: 0, sinceMs: 0 };

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
    this.#stream = null;
    this.#dropCandidate();
  }

  /** A datagram of `length` bytes lies in the spare slot. from is null when the kernel lets only the peer's through. */
  accept(length: number, from: Address | null, nowMs: number): Reception {
    const reception = this.#receive(length, from, nowMs);
    if (reception === "stranger") this.strangers += 1;
    if (!isReception(reception) && reception !== "probation") this.packetsDiscarded += 1;
    return reception;
  }

  #receive(length: number, from: Address | null, nowMs: number): Reception {
    const standing = from === null ? "peer" : this.#latch.judge(from);
    if (standing === "stranger") return "stranger";
    if (length > this.#slots.slotBytes) return "malformed";
    const reader = this.#reader;
    if (reader.read(this.#view, this.#slots.spare, length) !== null) return "malformed";
    if (standing === "peer" && reader.ssrc === this.#stream?.ssrc) {
      const order = this.#tracker.update(reader.sequenceNumber);
      if (order !== "jump") return this.#deliver(length, order === "newest", nowMs);
    }
    if (!this.#takes(reader.payloadType)) return "other payload type";
    if (this.#isBelievedAtOnce(from)) {
      this.#begin(from, reader.ssrc, reader.sequenceNumber, nowMs);
      return this.#deliver(length, true, nowMs);
    }
    return this.#consider(length, from, nowMs);
  }

  #takes(payloadType: number): boolean {
    const { playout = null, relay = null } = this.#expected ?? {};
    return payloadType === playout?.payloadType || (relay?.takes(payloadType) ?? false);
  }

  #isBelievedAtOnce(from: Address | null): boolean {
    if (this.#stream !== null || (this.#expected?.relay ?? null) === null) return false;
    return from === null || this.#latch.isSignalled(from);
  }

  #consider(length: number, from: Address | null, nowMs: number): Reception {
    const candidate = this.#candidate;
    const reader = this.#reader;
    const isNext =
      candidate !== null &&
      candidate.ssrc === reader.ssrc &&
      reader.sequenceNumber === ((candidate.sequenceNumber + 1) & 0xffff) &&
      isSameSource(candidate.from, from);
    if (isNext) {
      this.#candidate = null;
      this.#begin(candidate.from, candidate.ssrc, candidate.sequenceNumber, candidate.arrivedAtMs);
      this.#deliverCandidate(candidate);
      reader.read(this.#view, this.#slots.spare, length);
      this.#tracker.update(reader.sequenceNumber);
      return this.#deliver(length, true, nowMs);
    }
    this.#dropCandidate();
    const { ssrc, sequenceNumber } = reader;
    const slot = this.#slots.keep();
    if (slot === null) return "no slot";
    this.#candidate = { from, ssrc, sequenceNumber, slot, length, arrivedAtMs: nowMs };
    return "probation";
  }

  /** A stream is valid from this packet on. */
  #begin(from: Address | null, ssrc: number, sequenceNumber: number, sinceMs: number): void {
    if (from !== null && this.#latch.learnt === null) this.#latch.confirm(from);
    this.#stream = { ssrc };
    this.#before = { packets: this.packetsReceived, octets: this.octetsReceived, sinceMs };
    this.#tracker.restart(sequenceNumber);
    this.#dropCandidate();
  }

  #deliverCandidate({ slot, length, arrivedAtMs }: Candidate): void {
    this.#reader.read(this.#view, slot, length);
    const { timestamp, payloadOffset, payloadBytes } = this.#reader;
    this.#count(payloadBytes, timestamp, arrivedAtMs);
    const { playout = null } = this.#expected ?? {};
    if (this.#plays && this.#reader.payloadType === playout?.payloadType) {
      playout.buffer.startStream(timestamp);
      if (playout.buffer.push(slot, timestamp, payloadOffset, payloadBytes, true) !== "kept")
        this.packetsDiscarded += 1;
      return;
    }
    if (this.#plays) this.#relay(slot, length);
    this.#slots.giveBack(slot);
  }

  #deliver(length: number, isNewest: boolean, nowMs: number): Reception {
    const { payloadType, timestamp, payloadOffset, payloadBytes } = this.#reader;
    if (!this.#takes(payloadType)) return "other payload type";
    this.#count(payloadBytes, timestamp, nowMs);
    if (!this.#plays) return "counted";
    const { playout = null } = this.#expected ?? {};
    if (payloadType !== playout?.payloadType) {
      this.#relay(this.#slots.spare, length);
      return "relayed";
    }
    const slot = this.#slots.keep();
    if (slot === null) return "no slot";
    const answer = playout.buffer.push(slot, timestamp, payloadOffset, payloadBytes, isNewest);
    return answer === "kept" ? "played" : answer;
  }

  /** What is relayed is not played as well: the far side has gone over to another coding. */
  #relay(offset: number, length: number): void {
    const { playout, relay } = this.#expected ?? {};
    if (this.#stream !== null) relay?.forward(this.#reader, offset, length, this.#stream);
    playout?.buffer.clear();
  }

  #count(octets: number, timestamp: number, nowMs: number): void {
    this.packetsReceived += 1;
    this.octetsReceived += octets;
    this.#lastPayloadType = this.#reader.payloadType;
    this.lastReceivedAtMs = nowMs;
    this.#tracker.arrived(timestamp, (nowMs * (this.#expected?.clockRateHz ?? 0)) / 1000);
  }

  #dropCandidate(): void {
    if (this.#candidate === null) return;
    this.#slots.giveBack(this.#candidate.slot);
    this.packetsDiscarded += 1;
    this.#candidate = null;
  }

  /** Of the present stream; null when there is none. */
  get ssrc(): number | null {
    return this.#stream?.ssrc ?? null;
  }

  /** Of the present stream alone. */
  heard(): Omit<HeardStream, "reports" | "reportedAtMs"> | null {
    if (this.#stream === null) return null;
    const { packets, octets, sinceMs } = this.#before;
    return {
      ssrc: this.#stream.ssrc,
      sinceMs,
      payloadType: this.#lastPayloadType,
      packets: this.packetsReceived - packets,
      octets: this.octetsReceived - octets,
      lost: Math.max(this.#tracker.cumulativeLost, 0),
      jitter: this.#tracker.jitter,
    };
  }

  get tracker(): SequenceTracker {
    return this.#tracker;
  }

  get jitterMs(): number | null {
    const jitter = this.#tracker.jitter;
    return jitter === null || this.#expected === null ? null : (jitter * 1000) / this.#expected.clockRateHz;
  }
}

function isReception(reception: Reception): boolean {
  return reception === "played" || reception === "relayed" || reception === "counted";
}

function isSameSource(a: Address | null, b: Address | null): boolean {
  return a === null || b === null ? a === b : sameAddress(a, b);
}
