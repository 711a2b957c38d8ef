import type { Address } from "#protocol/address.js";
import { parseRtp, type RtpPacket } from "#protocol/rtp.js";
import type { EngineMemory } from "../../firmware/media/engine-memory.js";
import type { MediaNetwork, OpenAnswer } from "../../firmware/media/media-network.js";

export interface SentRtp {
  readonly leg: number;
  readonly packet: RtpPacket;
  readonly to: Address;
}

/** A network that keeps what is sent. Ports in `taken` cannot be bound. */
export class SimulatedMediaNetwork implements MediaNetwork {
  readonly #memory: EngineMemory;
  readonly taken = new Set<number>();
  readonly bound = new Map<number, Address>();
  readonly connected = new Map<number, Address | null>();
  readonly rtp: SentRtp[] = [];
  readonly rtcp: { readonly leg: number; readonly bytes: Uint8Array; readonly to: Address }[] = [];

  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  open(leg: number, local: Address, dscp: number, answer: (answer: OpenAnswer) => void): void {
    if (this.taken.has(local.port)) {
      answer({ ok: false, reason: "address already in use" });
      return;
    }
    this.bound.set(leg, local);
    answer({ ok: true, dscp });
  }

  close(leg: number): void {
    this.bound.delete(leg);
  }

  mark(leg: number, dscp: number): number | null {
    return this.bound.has(leg) ? dscp : null;
  }

  keep(leg: number): void {
    this.bound.delete(leg);
  }

  connect(leg: number, peer: Address | null): void {
    this.connected.set(leg, peer);
  }

  sendRtp(leg: number, offset: number, length: number, to: Address): void {
    const parsed = parseRtp(this.#memory.bytes.slice(offset, offset + length));
    if (!parsed.ok) throw new Error(parsed.reason);
    this.rtp.push({ leg, packet: parsed.value, to });
  }

  sendRtcp(leg: number, bytes: Uint8Array, to: Address): void {
    this.rtcp.push({ leg, bytes, to });
  }

  /** Packets this leg sent. */
  sentBy(leg: number): RtpPacket[] {
    return this.rtp.filter((sent) => sent.leg === leg).map((sent) => sent.packet);
  }
}
