/**
 * What one leg sends: frames are written behind one another into the packet in the leg's memory, and when ptime is full a
 * header goes before them. Sequence numbers, timestamps and SSRC are the leg's own and go on without a break, whatever
 * the leg's source does (RFC 3550 section 5.1): its clock runs in pauses too, and the first packet after one is marked
 * (RFC 3551 section 4.1).
 */
import type { Random } from "#protocol/chance.js";
import { rtpHeaderBytes, writeRtpHeader } from "#protocol/rtp.js";

export interface SendFormat {
  readonly payloadType: number;
  readonly framesPerPacket: number;
  /** One code byte a sample. */
  readonly frameSamples: number;
}

export class Transmitter {
  readonly #view: DataView;
  readonly packetOffset: number;
  readonly ssrc: number;
  #format: SendFormat = { payloadType: 0, framesPerPacket: 2, frameSamples: 80 };
  #sequenceNumber: number;
  #timestamp: number;
  #frames = 0;
  #isTalking = false;
  packetsSent = 0;
  octetsSent = 0;

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
    return this.packetOffset + rtpHeaderBytes + this.#frames * this.#format.frameSamples;
  }

  /** A frame was written to frameTarget: bytes of the packet that is now to be sent, 0 while it is not full. */
  frameWritten(): number {
    const { framesPerPacket, frameSamples, payloadType } = this.#format;
    this.#frames += 1;
    this.#timestamp = (this.#timestamp + frameSamples) >>> 0;
    if (this.#frames < framesPerPacket) return 0;
    const payloadBytes = framesPerPacket * frameSamples;
    const timestamp = (this.#timestamp - payloadBytes) >>> 0;
    const isMarked = !this.#isTalking;
    writeRtpHeader(this.#view, this.packetOffset, isMarked, payloadType, this.#sequenceNumber, timestamp, this.ssrc);
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#frames = 0;
    this.#isTalking = true;
    this.packetsSent += 1;
    this.octetsSent += payloadBytes;
    return rtpHeaderBytes + payloadBytes;
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
