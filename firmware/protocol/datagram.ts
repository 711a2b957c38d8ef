import type { Address } from "./address.js";

/** Bytes that a core wants sent; the edge knows the socket from the port the core belongs to. */
export interface OutgoingDatagram {
  readonly bytes: Uint8Array;
  readonly to: Address;
  /** Not a datagram but a message of the stream (TCP) to that address. */
  readonly isStream?: true;
}
