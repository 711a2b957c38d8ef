/**
 * How PDUs travel to one agent and back, whichever message is around them: a community (community-envelope.ts) or a user
 * at the agent's engine (usm-session.ts).
 */
import type { Pdu } from "./pdu.js";

export type OpenedMessage =
  | { readonly kind: "pdu"; readonly pdu: Pdu }
  /** Something about the agent's engine became known: what was wrapped before it is to be wrapped again. */
  | { readonly kind: "learnt" }
  /** The agent said that this will never do; in words for people. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Not for us, not SNMP, or not to be believed. */
  | { readonly kind: "foreign" };

export interface SnmpEnvelope {
  /** authPriv: nobody on the way reads what it carries. */
  readonly isPrivate: boolean;
  /** The datagram that brings this PDU there, or one that first asks who is there. */
  wrap(pdu: Pdu, nowMs: number): Uint8Array;
  open(bytes: Uint8Array, nowMs: number): OpenedMessage;
}
