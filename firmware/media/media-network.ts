/**
 * What the media engine needs of the network, declared here and made in io/: two sockets a leg, RTP and RTCP, that
 * write what they receive into the engine's memory and send from it.
 */
import type { Address } from "#protocol/address.js";
import type { LegNumber } from "./media-port.js";

export type OpenAnswer = { readonly ok: true; readonly dscp: number } | { readonly ok: false; readonly reason: string };

export interface MediaNetwork {
  /**
   * Binds RTP at local and RTCP on the next port; answers now or later, once, unless the leg is closed before. At once
   * where these are the ports that were kept for the leg; others that were kept for it are closed.
   */
  open(leg: LegNumber, local: Address, dscp: number, answer: (answer: OpenAnswer) => void): void;
  close(leg: LegNumber): void;
  /** The leg is closed but its ports stay bound, as they are marked; what comes meanwhile is dropped. */
  keep(leg: LegNumber): void;
  /** Both sockets are marked anew: with what the kernel says is set then. Null: the leg has none. */
  mark(leg: LegNumber, dscp: number): number | null;
  /** From now on RTP comes from this address only; null: from anywhere again. */
  connect(leg: LegNumber, peer: Address | null): void;
  /** The packet is `length` bytes at `offset` of the engine memory. What cannot be sent is dropped, as UDP may. */
  sendRtp(leg: LegNumber, offset: number, length: number, to: Address): void;
  sendRtcp(leg: LegNumber, bytes: Uint8Array, to: Address): void;
}

/** The memory that both sides of the network share; the engine's, or a smaller one. */
export interface NetworkMemory {
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  readonly map: { readonly legsMax: number; readonly ioScratchOffset: number };
}

/** Where the network puts what it receives: the engine. */
export interface DatagramSink {
  /**
   * Called when datagrams are there, before any of them is read. What management commanded before they came is obeyed
   * first, so a far side may send as soon as it hears of the answer to a command.
   */
  obeyCommands(nowMs: number): void;
  /** Where in the engine memory the leg's next RTP datagram goes: a slot of so many bytes. */
  receiveOffset(leg: LegNumber): number;
  receiveBytesMax(leg: LegNumber): number;
  /** It lies there, or was longer than that. from is null when the socket is connected. */
  rtpReceived(leg: LegNumber, length: number, from: Address | null, nowMs: number): void;
  rtcpReceived(leg: LegNumber, bytes: Uint8Array, from: Address, nowMs: number): void;
}
