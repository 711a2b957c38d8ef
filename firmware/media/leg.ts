/**
 * One leg of the engine: receiver, jitter buffer and transmitter of one RTP stream pair, in the order a packet walks
 * them, with its RTCP and its counters. The engine turns all legs of a phase together, step by step, so that the DSP
 * runs once for all of them. What is relayed does not wait for a turn: the receiver hands it to the target leg's
 * transmitter as it arrives.
 */

import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import { type RtpReader, rtpHeaderBytes } from "#protocol/rtp.js";
import { codecOf, frameSamplesOf, framesPerPacket, longestPacketOctets, octetsOf } from "./codec.js";
import type { Dsp } from "./dsp.js";
import type { EngineMemory } from "./engine-memory.js";
import { FrameDecoder } from "./frame-decoder.js";
import { FrameEncoder } from "./frame-encoder.js";
import { JitterBuffer } from "./jitter-buffer.js";
import type { LegCounters } from "./leg-statistics.js";
import type { LocalWire } from "./local-wire.js";
import type { MediaNetwork } from "./media-network.js";
import type { HeardStream, LegNumber, LegSettings, LegStreams, SentStream } from "./media-port.js";
import { PacketSlots } from "./packet-slots.js";
import { type Expected, type PacketRelay, Receiver, type Stream } from "./receiver.js";
import { type Heard, RtcpSession } from "./rtcp-session.js";
import { SourceLatch, type SourceRule } from "./source-latch.js";
import { Transmitter } from "./transmitter.js";

const notRelayed = -1;

/** Until a coding is agreed that says otherwise. */
const telephoneClockHz = 8000;

interface Playout {
  readonly payloadType: number;
  readonly buffer: JitterBuffer;
  readonly decoder: FrameDecoder;
  readonly wasQuiet: () => boolean;
}

/** What all legs of an engine share. */
export interface LegSurroundings {
  readonly memory: EngineMemory;
  readonly network: MediaNetwork;
  readonly wire: LocalWire;
  readonly random: Random;
  /** Wall clock when the monotonic one showed 0. */
  readonly wallAtZeroMs: number;
}

/** Finds the leg that a packet is relayed to; null when it is not open. */
export type LegAt = (leg: LegNumber) => Leg | null;

export interface LegIdentity {
  readonly leg: LegNumber;
  readonly generation: number;
  readonly cname: string;
}

export class Leg implements PacketRelay {
  readonly leg: LegNumber;
  readonly generation: number;
  readonly #surroundings: LegSurroundings;
  readonly #legAt: LegAt;
  readonly #slots: PacketSlots;
  readonly #latch = new SourceLatch();
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  readonly #rtcp: RtcpSession;
  readonly #offset: number;
  #settings: LegSettings;
  #playout: Playout | null = null;
  #encoder: FrameEncoder | null = null;
  /** By payload type as it comes: as it goes on, or notRelayed. */
  readonly #relayedTypes = new Int8Array(128).fill(notRelayed);
  /** The leg that is the far side, in place of an address. */
  #wiredTo: LegNumber | null = null;
  #rtcpPort: number | null = null;
  #isEncoding = false;
  #isOpen = false;
  /** When the datagram at hand came. */
  #arrivedAtMs = 0;
  #sentSinceMs: number | null = null;
  #framesFilledBefore = 0;
  #rtcpDiscarded = 0;

  constructor(
    identity: LegIdentity,
    settings: LegSettings,
    surroundings: LegSurroundings,
    legAt: LegAt,
    nowMs: number,
  ) {
    const { memory, random, wallAtZeroMs } = surroundings;
    this.leg = identity.leg;
    this.generation = identity.generation;
    this.#surroundings = surroundings;
    this.#legAt = legAt;
    this.#settings = settings;
    this.#offset = memory.legOffset(identity.leg);
    const { receiveSlotsOffset, receiveSlotsBytes, slotBytesMin, slotBytesMax, sendPacketOffset } = memory.map;
    this.#slots = new PacketSlots({
      offset: this.#offset + receiveSlotsOffset,
      bytes: receiveSlotsBytes,
      slotBytesMin,
      slotBytesMax,
    });
    this.#receiver = new Receiver(memory.view, this.#slots, this.#latch);
    this.#transmitter = new Transmitter(memory.view, this.#offset + sendPacketOffset, random);
    this.#rtcp = new RtcpSession(identity.cname, random, wallAtZeroMs, nowMs);
    this.#adopt(settings, null);
  }

  /** Both sockets are bound. */
  opened(): void {
    this.#isOpen = true;
  }

  modify(settings: LegSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#adopt(settings, before);
  }

  #adopt(settings: LegSettings, before: LegSettings | null): void {
    if (before === null || !isSameCoding(settings.receiveCoding, before.receiveCoding)) this.#newPlayout();
    if (before === null || !isSameCoding(settings.sendCoding, before.sendCoding)) this.#sendCoding();
    this.#relayedTypes.fill(notRelayed);
    for (const { from, to } of settings.relay?.payloadTypes ?? []) this.#relayedTypes[from & 0x7f] = to & 0x7f;
    this.#cutSlots();
    this.#expectPackets();
    const remote = addressOf(settings);
    const wiredTo = legOf(settings);
    const isRewired = wiredTo !== this.#wiredTo;
    this.#wiredTo = wiredTo;
    if (this.#latch.signal(remote, sourceRule(settings, this.leg)) || isRewired) {
      this.#receiver.forgetStream();
      this.#rtcpPort = null;
      if (this.#isOpen) this.#surroundings.network.connect(this.leg, null);
    }
  }

  /** Packets that are relayed are of any size; those that are played are no longer than their codec's longest. */
  #cutSlots(): void {
    const codec = this.#playout?.decoder.codec;
    const { slotBytesMin, slotBytesMax } = this.#surroundings.memory.map;
    const playedBytes = codec === undefined ? slotBytesMin : rtpHeaderBytes + longestPacketOctets(codec);
    const packetBytes = this.#settings.relay === null ? playedBytes : slotBytesMax;
    if (this.#slots.slotBytes === this.#slots.bytesFor(packetBytes)) return;
    this.#receiver.forgetStream();
    this.#playout?.buffer.clear();
    this.#slots.cut(packetBytes);
  }

  #expectPackets(): void {
    const { receiveCoding, sendCoding, relay, receives } = this.#settings;
    const clockRateHz = (receiveCoding ?? sendCoding)?.clockRateHz ?? telephoneClockHz;
    const isExpecting = this.#playout !== null || relay !== null;
    const expected: Expected = { clockRateHz, playout: this.#playout, relay: relay === null ? null : this };
    this.#receiver.expect(isExpecting ? expected : null, receives);
  }

  #newPlayout(): void {
    const coding = this.#settings.receiveCoding;
    const codec = coding === null ? null : codecOf(coding);
    this.#receiver.forgetStream();
    this.#framesFilledBefore += this.#playout?.buffer.framesFilled ?? 0;
    this.#playout?.buffer.clear();
    this.#playout = null;
    if (coding === null || codec === null) return;
    const { memory } = this.#surroundings;
    const buffer = new JitterBuffer(memory.bytes, this.#slots, codec, this.#offset + memory.map.codeFrameOffset);
    const decoder = new FrameDecoder(memory, this.#offset, codec);
    this.#playout = { payloadType: coding.payloadType, buffer, decoder, wasQuiet: () => decoder.wasQuiet() };
  }

  #sendCoding(): void {
    const coding = this.#settings.sendCoding;
    const codec = coding === null ? null : codecOf(coding);
    this.#encoder = codec === null ? null : new FrameEncoder(this.#surroundings.memory, this.#offset, codec);
    if (coding === null) return;
    const frameSamples = frameSamplesOf(coding);
    this.#transmitter.setFormat({
      payloadType: coding.payloadType,
      framesPerPacket: framesPerPacket(coding.ptimeMs),
      frameSamples,
      frameOctets: codec === null ? 0 : octetsOf(codec, frameSamples),
    });
  }

  takes(payloadType: number): boolean {
    return this.#relayedTypes[payloadType] !== notRelayed;
  }

  /** What arrived here goes out by the target, at once. */
  forward(packet: RtpReader, offset: number, length: number, stream: Stream): void {
    const payloadType = this.#relayedTypes[packet.payloadType] ?? notRelayed;
    const target = this.#settings.relay?.target ?? null;
    if (payloadType === notRelayed || target === null) return;
    this.#legAt(target)?.send(packet, offset, length, payloadType, stream, this.#arrivedAtMs);
  }

  /** A packet of another leg's stream, `length` bytes at `offset`, on its way to this leg's far side. */
  send(packet: RtpReader, offset: number, length: number, payloadType: number, stream: Stream, nowMs: number): void {
    if (!this.#isOpen || !this.#settings.sends || !this.#hasFarSide) return;
    this.#transmitter.rewrite(packet, offset, payloadType, stream);
    this.#sendOff(offset, length, nowMs);
  }

  get #hasFarSide(): boolean {
    return this.#wiredTo !== null || this.#latch.destination !== null;
  }

  /** The packet is ready, header and all. */
  #sendOff(offset: number, length: number, nowMs: number): void {
    const { network, wire } = this.#surroundings;
    this.#sentSinceMs ??= nowMs;
    const to = this.#latch.destination;
    if (to !== null) network.sendRtp(this.leg, offset, length, to);
    else if (this.#wiredTo !== null) {
      const far = this.#legAt(this.#wiredTo);
      if (far !== null && far.#wiredTo === this.leg) wire.carry(offset, length, far, nowMs);
    }
  }

  get receiveOffset(): number {
    return this.#slots.spare;
  }

  get receiveBytesMax(): number {
    return this.#slots.slotBytes;
  }

  /** A datagram of `length` bytes lies at receiveOffset, or was longer than receiveBytesMax. */
  rtpReceived(length: number, from: Address | null, nowMs: number): void {
    this.#arrivedAtMs = nowMs;
    const wasLearnt = this.#latch.learnt !== null;
    this.#receiver.accept(length, from, nowMs);
    const learnt = this.#latch.learnt;
    if (!wasLearnt && learnt !== null) this.#surroundings.network.connect(this.leg, learnt);
  }

  /** Believed from the far side's address only; its port may be a NAT's, and reports go back there. */
  rtcpReceived(bytes: Uint8Array, from: Address, nowMs: number): void {
    if (from.address !== this.#latch.destination?.address) {
      this.#rtcpDiscarded += 1;
      return;
    }
    if (this.#rtcp.receive(bytes, this.#transmitter.ssrc, nowMs) === "malformed") this.#rtcpDiscarded += 1;
    else this.#rtcpPort = from.port;
  }

  /** First step of a turn: the frame that is due is taken and its decoding noted. */
  pull(dsp: Dsp): void {
    if (this.#playout === null) return;
    const { buffer, decoder, wasQuiet } = this.#playout;
    decoder.hasFrame = false;
    if (!this.#isOpen) return;
    const codes = buffer.pull(wasQuiet);
    if (codes === null) return;
    decoder.decode(dsp, codes);
    if (this.#settings.detectsDigits) decoder.listen(dsp);
    else decoder.stopListening();
  }

  /** After the first step has run: the digit that began in its frame. */
  digitBegun(): string | null {
    return this.#playout?.decoder.digitBegun() ?? null;
  }

  /** Second step: the encoding of the source's frame is noted. */
  encode(dsp: Dsp, source: Leg | null): void {
    this.#isEncoding = false;
    if (!this.#isOpen || !this.#settings.sends || this.#encoder === null) return;
    const decoder = source === null ? null : (source.#playout?.decoder ?? null);
    if (decoder === null || !decoder.hasFrame || !this.#hasFarSide) return;
    this.#encoder.encode(dsp, decoder, this.#transmitter.frameTarget);
    this.#isEncoding = true;
  }

  /** Third step: the packet goes when it is full. */
  transmit(nowMs: number): void {
    if (this.#isEncoding && this.#hasFarSide) {
      const length = this.#transmitter.frameWritten();
      if (length > 0) this.#sendOff(this.#transmitter.packetOffset, length, nowMs);
    } else this.#transmitter.pause(1);
    if (this.#isOpen && nowMs >= this.#rtcp.nextAtMs) this.#report(nowMs);
  }

  /** The wheel missed so many turns. */
  skip(frames: number): void {
    this.#playout?.buffer.skip(frames);
    this.#transmitter.pause(frames);
  }

  get source(): LegNumber | null {
    return this.#settings.source;
  }

  /** The leg that this one's packets go on to as they come. */
  get relaysTo(): LegNumber | null {
    return this.#settings.relay?.target ?? null;
  }

  /** Says goodbye to the far side; the sockets are closed after this. */
  close(nowMs: number): void {
    const to = this.#rtcpDestination();
    if (!this.#isOpen || to === null) return;
    const bytes = this.#rtcp.goodbye(this.#transmitter, this.#heard(), nowMs);
    if (bytes !== null) this.#surroundings.network.sendRtcp(this.leg, bytes, to);
  }

  counters(): LegCounters {
    const receiver = this.#receiver;
    return {
      generation: this.generation,
      packetsSent: this.#transmitter.packetsSent,
      octetsSent: this.#transmitter.octetsSent,
      packetsReceived: receiver.packetsReceived,
      octetsReceived: receiver.octetsReceived,
      packetsLost: receiver.tracker.lost,
      packetsDiscarded: receiver.packetsDiscarded + this.#rtcpDiscarded,
      jitterMs: receiver.jitterMs,
      roundTripMs: this.#rtcp.roundTripMs,
      lastReceivedAtMs: receiver.lastReceivedAtMs,
      learntRemote: this.#latch.learnt,
      ssrc: this.#transmitter.ssrc,
      framesFilled: this.#framesFilledBefore + (this.#playout?.buffer.framesFilled ?? 0),
    };
  }

  /** What is told of its streams beside the counters, now and then. */
  streams(): LegStreams {
    return { sent: this.#sentStream(), heard: this.#heardStream() };
  }

  #sentStream(): SentStream | null {
    const { payloadType } = this.#transmitter;
    const sinceMs = this.#sentSinceMs;
    return sinceMs === null ? null : { sinceMs, payloadType, ...this.#rtcp.sentReports };
  }

  #heardStream(): HeardStream | null {
    const heard = this.#receiver.heard();
    return heard === null ? null : { ...heard, ...this.#rtcp.reportsOn(heard.ssrc) };
  }

  #report(nowMs: number): void {
    const to = this.#rtcpDestination();
    if (to === null) this.#rtcp.postpone(nowMs);
    else this.#surroundings.network.sendRtcp(this.leg, this.#rtcp.report(this.#transmitter, this.#heard(), nowMs), to);
  }

  /** RFC 3550 section 11: the port above RTP's, unless reports come from another. */
  #rtcpDestination(): Address | null {
    const rtp = this.#latch.destination;
    return rtp === null ? null : { address: rtp.address, port: this.#rtcpPort ?? (rtp.port + 1) & 0xffff };
  }

  #heard(): Heard | null {
    const { ssrc, tracker } = this.#receiver;
    if (ssrc === null) return null;
    return {
      ssrc,
      fractionLost: tracker.takeFractionLost(),
      cumulativeLost: tracker.cumulativeLost,
      extendedHighest: tracker.extendedHighest,
      jitter: tracker.jitter ?? 0,
    };
  }
}

function addressOf({ remote }: LegSettings): Address | null {
  return remote === null || "leg" in remote ? null : remote;
}

function legOf({ remote }: LegSettings): LegNumber | null {
  return remote !== null && "leg" in remote ? remote.leg : null;
}

function sourceRule({ remote, receives, learnsPort, relay }: LegSettings, leg: LegNumber): SourceRule {
  if (remote === null && receives) return relay?.target === leg ? "anyone, looped" : "anyone";
  return learnsPort ? "any port" : "signalled";
}

function isSameCoding(a: Coding | null, b: Coding | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.encoding === b.encoding &&
    a.clockRateHz === b.clockRateHz &&
    a.payloadType === b.payloadType &&
    a.ptimeMs === b.ptimeMs
  );
}
