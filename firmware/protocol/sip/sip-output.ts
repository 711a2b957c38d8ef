/**
 * What a user of SIP (a telephone line, the SIP face, a packet telephone) wants done. It is data: whoever owns the
 * SipTransactions hands each output to `SipTransactions.perform`, which turns them into datagrams.
 */
import type { Address } from "../address.js";
import type { SipRequest, SipResponse } from "./message.js";

/** Names one transaction of one SipTransactions; opaque. */
export type TransactionKey = string;

/** Where a message goes or came from. Reliable (TCP): no retransmissions, no waiting for stray ones. */
export interface SipPeer extends Address {
  readonly reliable?: boolean;
}

export type SipOutput =
  /** Answer the server transaction that a `request` event named. Provisional any number of times, then one final. */
  | { readonly kind: "respond"; readonly key: TransactionKey; readonly response: SipResponse }
  /**
   * Send a request in a new client transaction. The reference is the caller's own: it comes back in every event of this
   * transaction, and begins with what tells the gateway whose it is ("line/…", "subscription/…").
   */
  | { readonly kind: "request"; readonly request: SipRequest; readonly to: SipPeer; readonly reference: string }
  /** The ACK of a 2xx: a message of its own outside any transaction (RFC 3261 section 13.2.2.4). */
  | { readonly kind: "ack"; readonly request: SipRequest; readonly to: SipPeer }
  /** Cancel the INVITE of this reference (section 9.1): at once, or as soon as it has had a provisional response. */
  | { readonly kind: "cancel"; readonly reference: string };
