/**
 * What one leg sends: frames are written behind one another into the packet in the leg's memory, and when ptime is full a
 * header goes before them. Sequence numbers, timestamps and SSRC are the leg's own and go on without a break, whatever
 * the leg's source does (RFC 3550 section 5.1): its clock runs in pauses too, and the first packet after one is marked
 * (RFC 3551 section 4.1).
 *
 * A packet that is relayed keeps its payload, marker and place: its header is rewritten where it lies, sequence number
 * and timestamp by offsets that hold as long as its stream does, so that loss and reordering pass through as they are.
 * Another stream gets offsets that let it follow on what was sent before.
 */
import type { Random } from "#protocol/chance.js";
import { type RtpReader, rtpHeaderBytes, sequenceDistance, timestampDistance, writeRtpHeader } from "#protocol/rtp.js";

export interface SendFormat {
  readonly payloadType: number;
  readonly framesPerPacket: number;
  /** Media clock units in 10 ms. */
  readonly frameSamples: number;
  /** Octets in 10 ms of what is coded here. */
  readonly frameOctets: number;
}

/** The stream that is being relayed, and what its numbers are moved by. */
interface Relayed {
  readonly stream: object;
  readonly sequenceOffset: number;
  readonly timestampOffset: number;
}

export class Transmitter {
  readonly #view: DataView;
  readonly packetOffset: number;
  readonly ssrc: number;
  #format: SendFormat = { payloadType: 0, framesPerPacket: 2, frameSamples: 80, frameOctets: 80 };
  #sequenceNumber: number;
  #timestamp: number;
  #frames = 0;
  #isTalking = false;
  #relayed: Relayed | null = null;
  /** Of the last packet sent; null before the first. */
  #lastTimestamp: number | null = null;
  packetsSent = 0;
  octetsSent = 0;
  /** Of the last packet. */
  payloadType = 0;

  constructor(view: DataView, packetOffset: number, random: Random) {
    this.#view = view;
    this.packetOffset = packetOffset;
    this.ssrc = Math.floor(random() * 2 ** 32);
    this.#sequenceNumber = Math.floor(random() * 2 ** 16);
    this.#timestamp = Math.floor(random() * 2 ** 32);
  }

  /** A packet begun in another format is given up: a pause of its frames. */
  setFormat(format: SendFormat): void {
    if (this.#frames > 0) this.#isTalking = false;
    this.#format = format;
    this.#frames = 0;
  }

  /** Where the next frame's codes belong. */
  get frameTarget(): number {
    return this.packetOffset + rtpHeaderBytes + this.#frames * this.#format.frameOctets;
  }

  /** A frame was written to frameTarget: bytes of the packet that is now to be sent, 0 while it is not full. */
  frameWritten(): number {
    const { framesPerPacket, frameSamples, frameOctets, payloadType } = this.#format;
    this.#frames += 1;
    this.#timestamp = (this.#timestamp + frameSamples) >>> 0;
    if (this.#frames < framesPerPacket) return 0;
    const payloadBytes = framesPerPacket * frameOctets;
    const timestamp = (this.#timestamp - framesPerPacket * frameSamples) >>> 0;
    const isMarked = !this.#isTalking;
    writeRtpHeader(this.#view, this.packetOffset, isMarked, payloadType, this.#sequenceNumber, timestamp, this.ssrc);
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#frames = 0;
    this.#isTalking = true;
    this.#relayed = null;
    this.#lastTimestamp = timestamp;
    this.payloadType = payloadType;
    this.packetsSent += 1;
    this.octetsSent += payloadBytes;
    return rtpHeaderBytes + payloadBytes;
  }

  /** The packet at `offset` belongs to `stream`: from now on it is one of ours. `packet` holds its header as it came. */
  rewrite(packet: RtpReader, offset: number, payloadType: number, stream: object): void {
    if (this.#relayed?.stream !== stream) this.#relayed = this.#join(packet, stream);
    const sequenceNumber = (packet.sequenceNumber + this.#relayed.sequenceOffset) & 0xffff;
    const timestamp = (packet.timestamp + this.#relayed.timestampOffset) >>> 0;
    const view = this.#view;
    view.setUint8(offset + 1, (packet.marker ? 0x80 : 0) | payloadType);
    view.setUint16(offset + 2, sequenceNumber);
    view.setUint32(offset + 4, timestamp);
    view.setUint32(offset + 8, this.ssrc);
    if (sequenceDistance(sequenceNumber, this.#sequenceNumber) >= 0) {
      this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
      this.#timestamp = timestamp;
      this.#lastTimestamp = timestamp;
    }
    this.#frames = 0;
    this.payloadType = payloadType;
    this.packetsSent += 1;
    this.octetsSent += packet.payloadBytes;
  }

  /** Its first packet here bears the next number, and the time that it is by our clock, at least a frame after the last. */
  #join(packet: RtpReader, stream: object): Relayed {
    const last = this.#lastTimestamp;
    const earliest = last === null ? this.#timestamp : (last + this.#format.frameSamples) >>> 0;
    const timestamp = timestampDistance(this.#timestamp, earliest) >= 0 ? this.#timestamp : earliest;
    return {
      stream,
      sequenceOffset: this.#sequenceNumber - packet.sequenceNumber,
      timestampOffset: timestamp - packet.timestamp,
    };
  }

  /** So many frames go by in which nothing is sent. */
  pause(frames: number): void {
    this.#frames = 0;
    this.#isTalking = false;
    this.#timestamp = (this.#timestamp + frames * this.#format.frameSamples) >>> 0;
  }

  /** Timestamp of the sample that is due now. */
  get timestamp(): number {
    return this.#timestamp;
  }
}
