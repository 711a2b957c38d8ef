/**
 * Holds the packets of one leg until their frame is due. The network pushes, the frame clock pulls; neither calls the
 * other. A packet waits `depth`: playout runs so far behind the first packet's arrival, and all later packets fall into
 * place by their timestamps. What is not there when due is lost, for whoever conceals it; time goes on.
 *
 * The depth follows what the network does, but only in pauses of the speech, where ten milliseconds more or less are not
 * heard (RFC 3550 section 6.4.4 has the measure, packet lateness; adapting in pauses is the classic playout rule):
 * packets that come too late deepen it, a long time without need makes it shallower. Clock drift between the far side
 * and us is the same thing, slower. A stream whose timestamps leap is set in place anew at once.
 *
 * Time here is playout time: media clock units modulo 2^32, beginning at 0; `#shift` is what a stream's timestamps differ.
 */
import { timestampDistance } from "#protocol/rtp.js";
import { type Codec, frameMs, frameSamplesOf, octetsOf, samplesOf } from "./codec.js";
import type { PacketSlots } from "./packet-slots.js";

export const depthStartMs = 40;
export const depthMinMs = 40;
export const depthMaxMs = 200;
/** At least so long before it is due the latest packets shall come; the depth grows when they do not. */
const headroomLeastMs = 10;
/** A packet further ahead than this, or further behind, is no jitter: the far side's clock leapt. */
const aheadMaxMs = 300;
const behindMaxMs = 500;
/** Late packets over more than this, and none in time between them: the path has become longer for good. */
const lateRunMs = 60;
/** Lateness is judged after each window; the depth shrinks only after this many windows without need. */
const windowMs = 2000;
const windowsToShrink = 5;
/** Frames in a row that must be quiet before the depth may change. */
const quietFramesMin = 3;

export type PushAnswer = "kept" | "duplicate" | "too late";

/** Made once for each slot and used again, so that a packet makes no garbage. */
interface HeldPacket {
  slot: number;
  /** Playout time of its first sample. */
  start: number;
  samples: number;
  /** Where its codes lie in the engine memory. */
  codes: number;
}

export class JitterBuffer {
  readonly #bytes: Uint8Array;
  readonly #slots: PacketSlots;
  readonly #codeFrameOffset: number;
  readonly #codec: Codec;
  readonly #frameSamples: number;
  /** In playout order. */
  readonly #held: HeldPacket[] = [];
  readonly #unused: HeldPacket[] = [];
  #playAt = 0;
  #shift: number | null = null;
  #isStarted = false;
  #lateSinceFrame: number | null = null;
  #frame = 0;
  /** How long before it is due a packet came, the latest and the earliest of the present window. */
  #headroomLeast = Number.POSITIVE_INFINITY;
  #headroomMost = Number.NEGATIVE_INFINITY;
  #headroomLeastOfWindows = Number.POSITIVE_INFINITY;
  #windows = 0;
  #quietFrames = 0;
  /** Frames to put in (positive) or leave out (negative) at the next pause. */
  #owedFrames = 0;
  framesFilled = 0;
  framesInserted = 0;
  framesDropped = 0;
  resyncs = 0;

  /** codeFrameOffset: where a frame of the codec has room, that is put together from several packets. */
  constructor(bytes: Uint8Array, slots: PacketSlots, codec: Codec, codeFrameOffset: number) {
    this.#bytes = bytes;
    this.#slots = slots;
    this.#codec = codec;
    this.#codeFrameOffset = codeFrameOffset;
    this.#frameSamples = frameSamplesOf(codec);
  }

  /** Whether anything was ever due: from then on each pull gives a frame. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** A new stream follows: its first packet is put `depth` ahead; what is held of the old one still plays until then. */
  startStream(timestamp: number): void {
    const start = (this.#playAt + this.#samplesOf(depthStartMs)) | 0;
    this.#shift = (start - timestamp) | 0;
    for (let last = this.#held.at(-1); last !== undefined; last = this.#held.at(-1)) {
      if (timestampDistance(last.start, start) < 0) break;
      this.#held.pop();
      this.#giveBack(last);
    }
    this.#lateSinceFrame = null;
    this.#owedFrames = 0;
    this.#forgetHeadroom();
  }

  /**
   * Keeps the packet in `slot`, or gives the slot back. Its payload is `octets` at `codes`; isNewest: no packet of a
   * higher sequence number has come before it.
   */
  push(slot: number, timestamp: number, codes: number, octets: number, isNewest: boolean): PushAnswer {
    if (this.#shift === null) this.startStream(timestamp);
    const samples = samplesOf(this.#codec, octets);
    const answer = this.#place(slot, timestamp, codes, samples, isNewest);
    if (answer !== "kept") this.#slots.giveBack(slot);
    return answer;
  }

  #place(slot: number, timestamp: number, codes: number, samples: number, isNewest: boolean): PushAnswer {
    let start = this.#startOf(timestamp);
    if (isNewest && this.#hasLeapt(start, samples)) {
      this.startStream(timestamp);
      this.resyncs += 1;
      start = this.#startOf(timestamp);
    }
    const headroom = timestampDistance(start, this.#playAt);
    if (isNewest) {
      this.#headroomLeast = Math.min(this.#headroomLeast, headroom);
      this.#headroomMost = Math.max(this.#headroomMost, headroom);
    }
    if (headroom + samples <= 0) return "too late";
    let index = this.#held.length;
    for (; index > 0; index -= 1) {
      const before = this.#held[index - 1];
      if (before === undefined) break;
      const distance = timestampDistance(start, before.start);
      if (distance === 0) return "duplicate";
      if (distance > 0) break;
    }
    const packet = this.#unused.pop() ?? { slot, start, samples, codes };
    packet.slot = slot;
    packet.start = start;
    packet.samples = samples;
    packet.codes = codes;
    if (index === this.#held.length) this.#held.push(packet);
    else this.#held.splice(index, 0, packet);
    return "kept";
  }

  /** Where codes fill octets several at a time, no packet begins within them. */
  #startOf(timestamp: number): number {
    return (timestamp + (this.#shift ?? 0)) & -this.#codec.unitSamples;
  }

  #hasLeapt(start: number, samples: number): boolean {
    const headroom = timestampDistance(start, this.#playAt);
    if (headroom > this.#samplesOf(aheadMaxMs) || headroom < -this.#samplesOf(behindMaxMs)) return true;
    if (headroom + samples > 0) {
      this.#lateSinceFrame = null;
      return false;
    }
    this.#lateSinceFrame ??= this.#frame;
    return (this.#frame - this.#lateSinceFrame) * frameMs >= lateRunMs;
  }

  /**
   * One frame of codes: its offset in the engine memory; lost, or put in to deepen the buffer; null before anything was
   * ever due. wasQuiet: the frame pulled before held no speech; asked only while the depth is to change.
   */
  pull(wasQuiet: () => boolean): number | "lost" | null {
    this.#frame += 1;
    if (this.#shift === null) return null;
    if ((this.#frame * frameMs) % windowMs === 0) this.#judgeWindow();
    if (this.#owedFrames !== 0 && this.#settle(wasQuiet)) return "lost";
    const start = this.#playAt;
    this.#playAt = (this.#playAt + this.#frameSamples) | 0;
    return this.#frameAt(start);
  }

  /** The wheel missed so many turns: their frames are gone. */
  skip(frames: number): void {
    this.#frame += frames;
    this.#playAt = (this.#playAt + frames * this.#frameSamples) | 0;
    this.#dropPlayed();
  }

  /** Gives all slots back; the next packet begins anew. */
  clear(): void {
    for (const packet of this.#held) this.#giveBack(packet);
    this.#held.length = 0;
    this.#shift = null;
  }

  get packetsHeld(): number {
    return this.#held.length;
  }

  #frameAt(start: number): number | "lost" | null {
    const first = this.#held[0];
    const into = first === undefined ? -1 : timestampDistance(start, first.start);
    if (first === undefined || into + this.#frameSamples <= 0) return this.#isStarted ? this.#lostFrame() : null;
    this.#isStarted = true;
    const codes = this.#isWithin(first, into) ? first.codes + octetsOf(this.#codec, into) : this.#splice(start);
    this.#dropPlayed();
    return codes ?? this.#lostFrame();
  }

  #isWithin(packet: HeldPacket, into: number): boolean {
    return into >= 0 && into + this.#frameSamples <= packet.samples;
  }

  /** A frame that lies across packets, put together in the leg's code frame; null when it has holes. */
  #splice(start: number): number | null {
    const frame = this.#codeFrameOffset;
    let filledTo = 0;
    for (const packet of this.#held) {
      const begin = timestampDistance(packet.start, start);
      if (begin > filledTo) return null;
      const to = Math.min(begin + packet.samples, this.#frameSamples);
      if (to <= filledTo) continue;
      const codes = packet.codes + octetsOf(this.#codec, filledTo - begin);
      const octets = octetsOf(this.#codec, to - filledTo);
      this.#bytes.copyWithin(frame + octetsOf(this.#codec, filledTo), codes, codes + octets);
      filledTo = to;
      if (filledTo === this.#frameSamples) return frame;
    }
    return null;
  }

  #lostFrame(): "lost" {
    this.framesFilled += 1;
    return "lost";
  }

  #dropPlayed(): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (timestampDistance(first.start, this.#playAt) + first.samples > 0) return;
      this.#held.shift();
      this.#giveBack(first);
    }
  }

  #giveBack(packet: HeldPacket): void {
    this.#slots.giveBack(packet.slot);
    this.#unused.push(packet);
  }

  #judgeWindow(): void {
    const least = this.#headroomLeast;
    const most = this.#headroomMost;
    this.#headroomLeast = Number.POSITIVE_INFINITY;
    this.#headroomMost = Number.NEGATIVE_INFINITY;
    if (least === Number.POSITIVE_INFINITY) return;
    const leastHeadroom = this.#samplesOf(headroomLeastMs);
    if (least < leastHeadroom) {
      const growthMax = Math.max(this.#samplesOf(depthMaxMs) - most, 0);
      this.#owedFrames = Math.ceil(Math.min(leastHeadroom - least, growthMax) / this.#frameSamples);
      this.#forgetHeadroom();
      return;
    }
    this.#headroomLeastOfWindows = Math.min(this.#headroomLeastOfWindows, least);
    this.#windows += 1;
    if (this.#windows < windowsToShrink) return;
    const spare = this.#headroomLeastOfWindows - this.#samplesOf(depthMinMs);
    this.#forgetHeadroom();
    if (spare > this.#frameSamples) this.#owedFrames = -Math.floor(spare / this.#frameSamples);
  }

  /** In a pause: pays one frame of what is owed. True when this pull is to be silence and time to stand still. */
  #settle(wasQuiet: () => boolean): boolean {
    this.#quietFrames = wasQuiet() ? this.#quietFrames + 1 : 0;
    if (this.#quietFrames < quietFramesMin) return false;
    if (this.#owedFrames > 0) {
      this.#owedFrames -= 1;
      this.framesInserted += 1;
      return this.#isStarted;
    }
    this.#owedFrames += 1;
    this.framesDropped += 1;
    this.#playAt = (this.#playAt + this.#frameSamples) | 0;
    this.#dropPlayed();
    return false;
  }

  #forgetHeadroom(): void {
    this.#headroomLeast = Number.POSITIVE_INFINITY;
    this.#headroomMost = Number.NEGATIVE_INFINITY;
    this.#headroomLeastOfWindows = Number.POSITIVE_INFINITY;
    this.#windows = 0;
  }

  #samplesOf(ms: number): number {
    return (ms / frameMs) * this.#frameSamples;
  }
}
