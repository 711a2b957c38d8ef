/**
 * The sound of a telephone: on a frame clock of 20 ms it sends the next frame of its speech as RTP (G.711 µ-law, RFC 3551)
 * and plays the next frame of what it has received. What it plays is what it hands out as heard: a frame that did not
 * come in time is silence in it, so that an audible gap is a gap in the recording.
 *
 * The deadlines are absolute: a turn that comes late does all the frames that are due.
 */
import type { Address } from "#protocol/address.js";
import { sameAddress } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import { muLawSilence, muLawToLinear } from "#protocol/g711-table.js";
import { ntpOfWallMs } from "#protocol/ntp-time.js";
import { parseRtcp, type RtcpPacket, sdesCname, writeRtcp } from "#protocol/rtcp.js";
import { RtpReader, rtpHeaderBytes, writeRtpHeader } from "#protocol/rtp.js";
import { PlayoutBuffer } from "./playout-buffer.js";
import { Reception } from "./reception.js";

export const frameMs = 20;
export const frameSamples = 160;
/** A clock that was stopped for longer goes on from now; what it missed is silence, and counted. */
const framesPerTurnMax = 50;
/** Of what it missed, so much is silence in what it hands out (a minute); a longer stop is counted only. */
const missedFramesMax = 3000;
/** RFC 3550 section 6.2: the least interval. */
const rtcpIntervalMs = 5000;
const pcmuPayloadType = 0;
/** More in one packet is no telephone's: a quarter of a second. */
const packetSamplesMax = 2000;

export interface HandsetOptions {
  /** RTCP CNAME (RFC 7022), at most 64 characters. */
  readonly cname: string;
  /** What is said into it, µ-law, from its beginning with every call; silence when it is over, unless it repeats. */
  readonly speech: Uint8Array;
  readonly repeats: boolean;
}

export interface HandsetTurn {
  /** To the far side's RTP port, and the one above it. */
  readonly rtp: readonly Uint8Array[];
  readonly rtcp: readonly Uint8Array[];
  /** Played to the ear in this turn; often empty. */
  readonly heard: Int16Array;
}

/** Since the handset was lifted. */
export interface HandsetCounts {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Came after their frame was played. */
  readonly packetsLate: number;
  /** From another address than was agreed on (where the kernel lets it through), or no RTP of µ-law. */
  readonly packetsStrange: number;
  /** Silence played where speech should have been. */
  readonly missingMs: number;
  /** The clock stood still for so long. */
  readonly stalledMs: number;
}

interface Lifted {
  readonly remote: Address;
  readonly ssrc: number;
  readonly playout: PlayoutBuffer;
  readonly reception: Reception;
  readonly startedAtMs: number;
  frames: number;
  sequenceNumber: number;
  timestamp: number;
  speechAt: number;
  packetsSent: number;
  packetsStrange: number;
  stalledFrames: number;
  nextRtcpMs: number;
}

const silence: HandsetTurn = { rtp: [], rtcp: [], heard: new Int16Array(0) };

export class Handset {
  readonly #options: HandsetOptions;
  readonly #random: Random;
  readonly #reader = new RtpReader();
  readonly #decoded = new Int16Array(packetSamplesMax);
  #lifted: Lifted | null = null;

  constructor(options: HandsetOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** From now on there is sound, to and from this address only. */
  lift(remote: Address, nowMs: number): void {
    this.#lifted = {
      remote,
      ssrc: this.#word(),
      playout: new PlayoutBuffer(),
      reception: new Reception(),
      startedAtMs: nowMs,
      frames: 0,
      sequenceNumber: this.#word() & 0x7fff,
      timestamp: this.#word(),
      speechAt: 0,
      packetsSent: 0,
      packetsStrange: 0,
      stalledFrames: 0,
      nextRtcpMs: nowMs + rtcpIntervalMs * (0.5 + this.#random()),
    };
  }

  /** Null while it is on the hook. */
  get counts(): HandsetCounts | null {
    const lifted = this.#lifted;
    if (lifted === null) return null;
    return {
      packetsSent: lifted.packetsSent,
      packetsReceived: lifted.reception.packets,
      packetsLost: lifted.reception.lost,
      packetsLate: lifted.playout.counts.packetsLate,
      packetsStrange: lifted.packetsStrange,
      missingMs: lifted.playout.counts.missingSamples / (frameSamples / frameMs),
      stalledMs: lifted.stalledFrames * frameMs,
    };
  }

  /** from: null where nobody but the far side can have sent it. The bytes are free again afterwards. */
  receiveRtp(bytes: Uint8Array, from: Address | null, nowMs: number): void {
    const lifted = this.#lifted;
    if (lifted === null) return;
    if ((from !== null && !sameAddress(from, lifted.remote)) || !this.#isMuLaw(bytes)) {
      lifted.packetsStrange += 1;
      return;
    }
    const { ssrc, sequenceNumber, timestamp, payloadOffset, payloadBytes } = this.#reader;
    lifted.reception.packet(ssrc, sequenceNumber, timestamp, nowMs);
    for (let index = 0; index < payloadBytes; index += 1)
      this.#decoded[index] = muLawToLinear(bytes[payloadOffset + index] ?? muLawSilence);
    lifted.playout.push(ssrc, timestamp, this.#decoded.subarray(0, payloadBytes));
  }

  /** Then the reader holds its fields. */
  #isMuLaw(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#reader.read(view, 0, bytes.length) !== null) return false;
    return this.#reader.payloadType === pcmuPayloadType && this.#reader.payloadBytes <= packetSamplesMax;
  }

  receiveRtcp(bytes: Uint8Array, from: Address, nowMs: number): void {
    const lifted = this.#lifted;
    if (lifted === null || !sameAddress(from, { ...lifted.remote, port: lifted.remote.port + 1 })) return;
    const packets = parseRtcp(bytes);
    if (!packets.ok) return;
    for (const packet of packets.value) {
      if (packet.kind === "sender-report") lifted.reception.senderReport(packet.ssrc, packet.sender, nowMs);
    }
  }

  /** All the frames that are due, and a report when one is. */
  turn(nowMs: number, wallMs: number): HandsetTurn {
    const lifted = this.#lifted;
    if (lifted === null) return silence;
    const due = Math.floor((nowMs - lifted.startedAtMs) / frameMs) + 1 - lifted.frames;
    if (due <= 0) return silence;
    const stalled = Math.max(0, due - framesPerTurnMax);
    const missed = Math.min(stalled, missedFramesMax);
    const frames = missed + due - stalled;
    const heard = new Int16Array(frames * frameSamples);
    this.#skip(lifted, stalled);
    const rtp: Uint8Array[] = [];
    for (let frame = missed; frame < frames; frame += 1) {
      lifted.playout.pull(heard.subarray(frame * frameSamples, (frame + 1) * frameSamples));
      rtp.push(this.#speak(lifted));
    }
    lifted.frames += due;
    if (nowMs < lifted.nextRtcpMs) return { rtp, rtcp: [], heard };
    lifted.nextRtcpMs = nowMs + rtcpIntervalMs * (0.5 + this.#random());
    return { rtp, rtcp: [writeRtcp(this.#report(lifted, nowMs, wallMs))], heard };
  }

  /** When the next frame is due; null while it is on the hook. */
  next(): number | null {
    return this.#lifted === null ? null : this.#lifted.startedAtMs + this.#lifted.frames * frameMs;
  }

  /** Ends the sound; gives the goodbye for the far side's RTCP port. */
  replace(nowMs: number, wallMs: number): readonly Uint8Array[] {
    const lifted = this.#lifted;
    if (lifted === null) return [];
    this.#lifted = null;
    const goodbye: RtcpPacket = { kind: "goodbye", ssrcs: [lifted.ssrc], reason: "" };
    return [writeRtcp([...this.#report(lifted, nowMs, wallMs), goodbye])];
  }

  #skip(lifted: Lifted, frames: number): void {
    const samples = frames * frameSamples;
    lifted.stalledFrames += frames;
    lifted.timestamp = (lifted.timestamp + samples) >>> 0;
    lifted.speechAt += samples;
    const pulls = Math.min(frames, missedFramesMax);
    for (let frame = 0; frame < pulls; frame += 1) lifted.playout.pull(new Int16Array(frameSamples));
  }

  #speak(lifted: Lifted): Uint8Array {
    const { speech, repeats } = this.#options;
    const packet = new Uint8Array(rtpHeaderBytes + frameSamples);
    for (let index = 0; index < frameSamples; index += 1) {
      const at = lifted.speechAt + index;
      packet[rtpHeaderBytes + index] = speech[repeats && speech.length > 0 ? at % speech.length : at] ?? muLawSilence;
    }
    const { ssrc, sequenceNumber, timestamp } = lifted;
    lifted.sequenceNumber = (sequenceNumber + 1) & 0xffff;
    lifted.timestamp = (timestamp + frameSamples) >>> 0;
    lifted.speechAt += frameSamples;
    const marker = lifted.packetsSent === 0;
    lifted.packetsSent += 1;
    writeRtpHeader(new DataView(packet.buffer), 0, marker, pcmuPayloadType, sequenceNumber, timestamp, ssrc);
    return packet;
  }

  #report(lifted: Lifted, nowMs: number, wallMs: number): RtcpPacket[] {
    const { ssrc, packetsSent } = lifted;
    const block = lifted.reception.report(nowMs);
    const reports = block === null ? [] : [block];
    const description: RtcpPacket = {
      kind: "description",
      chunks: [{ ssrc, items: [{ type: sdesCname, text: this.#options.cname }] }],
    };
    if (packetsSent === 0) return [{ kind: "receiver-report", ssrc, reports }, description];
    const ntp = ntpOfWallMs(wallMs);
    const sinceFrameMs = nowMs - lifted.startedAtMs - lifted.frames * frameMs;
    const rtpTime = (lifted.timestamp + Math.round(sinceFrameMs * (frameSamples / frameMs))) >>> 0;
    const octetsSent = packetsSent * frameSamples;
    return [{ kind: "sender-report", ssrc, sender: { ntp, rtpTime, packetsSent, octetsSent }, reports }, description];
  }

  #word(): number {
    return Math.floor(this.#random() * 2 ** 32);
  }
}
