/**
 * Between two legs of one engine: what one sends the other receives, without a socket (RFC 3435 section 2.1.3.4). The packet
 * is copied into the other's spare slot and goes on from there at once, so of a ring of wires, or a long row of them,
 * only so many are passed; what would go further is dropped.
 */
import type { EngineMemory } from "./engine-memory.js";

/** Where the packet goes: a leg. */
export interface WireEnd {
  /** Where its next datagram goes. */
  readonly receiveOffset: number;
  readonly receiveBytesMax: number;
  rtpReceived(length: number, from: null, nowMs: number): void;
}

/** Wires that a packet passes in one row: relay endpoints that are connected one behind the other. */
export const wiresInRowMax = 16;

export class LocalWire {
  readonly #memory: EngineMemory;
  #passing = 0;

  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  /** The packet is `length` bytes at `offset`. */
  carry(offset: number, length: number, to: WireEnd, nowMs: number): void {
    if (this.#passing >= wiresInRowMax) return;
    this.#passing += 1;
    if (length <= to.receiveBytesMax) this.#memory.bytes.copyWithin(to.receiveOffset, offset, offset + length);
    to.rtpReceived(length, null, nowMs);
    this.#passing -= 1;
  }
}
