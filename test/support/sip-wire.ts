/** Two or more SipTransactions on a pretended network: every datagram is carried at once, or as a test decides. */
import type { Address } from "../../firmware/protocol/address.js";
import type { OutgoingDatagram } from "../../firmware/protocol/datagram.js";
import { requestOutsideDialog } from "../../firmware/protocol/sip/build.js";
import {
  type ExtraHeaders,
  nameAddress,
  type SipMessage,
  type SipRequest,
  withTag,
} from "../../firmware/protocol/sip/message.js";
import { parseSip } from "../../firmware/protocol/sip/parse.js";
import { sipUri } from "../../firmware/protocol/sip/uri.js";

/** A seeded source of chance (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const alice: Address = { address: "192.0.2.1", port: 5060 };
export const bob: Address = { address: "192.0.2.2", port: 5060 };

export function aRequest(method: string, callId = "call-1", headers: ExtraHeaders = {}): SipRequest {
  return requestOutsideDialog({
    method,
    uri: sipUri("bob", bob.address),
    from: withTag(nameAddress(sipUri("alice", alice.address)), "alice-tag"),
    to: nameAddress(sipUri("bob", bob.address)),
    callId,
    sequence: 1,
    headers: { contact: [nameAddress(sipUri("alice", alice.address))], ...headers },
  });
}

/** The message in a datagram of ours; throws when it is none. */
export function messageIn(datagram: OutgoingDatagram | undefined): SipMessage {
  const message = parseSip(datagram?.bytes ?? new Uint8Array(0), 1 << 24);
  if (!message.ok) throw new Error(message.reason);
  return message.value;
}

/** `INVITE`, `200 INVITE`: what went out, in short. */
export function brief(datagrams: readonly OutgoingDatagram[]): string[] {
  return datagrams.map((datagram) => {
    const message = messageIn(datagram);
    return message.kind === "request" ? message.method : `${message.status} ${message.headers.cseq.method}`;
  });
}
