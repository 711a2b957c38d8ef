/**
 * Session descriptions (RFC 8866) as far as a voice gateway uses them: one audio stream, its address, codings, packet
 * time and direction. sdp-transform reads; we write, so that the order and the bytes are ours.
 */
import type { Coding } from "./active-connection.js";
import type { Address } from "./address.js";

export interface MediaDescription {
  /** o=: session id and version, decimal digits. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  /** c= and the port of m=audio. Port 0: the stream is refused (RFC 3264 section 6). */
  readonly media: Address;
  /** In order of preference; static payload types are named too (RFC 3551 table 4). telephone-event is not in here. */
  readonly codings: readonly Coding[];
  /** Payload type of telephone-event/8000 (RFC 4733), null when not offered. */
  readonly telephoneEventPayloadType: number | null;
  readonly direction: "sendrecv" | "sendonly" | "recvonly" | "inactive";
}
