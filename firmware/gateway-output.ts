/** What the gateway wants done, for the edge to do in this order, and by which of its sockets. */
import type { Epoch } from "#protocol/active-connection.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import type { JournalWrite } from "./management/journal-log.js";
import type { MediaCommand } from "./media/media-port.js";

/** sip is SIP over UDP, sip-tcp each message of a stream. */
export type GatewayPort = "mgcp" | "sip" | "sip-tcp" | "snmp";

export type GatewayOutput =
  | { readonly kind: "send"; readonly port: GatewayPort; readonly datagram: OutgoingDatagram }
  | { readonly kind: "media"; readonly command: MediaCommand }
  /** To be on disk before the outputs behind it are acted on. */
  | { readonly kind: "persist-epoch"; readonly epoch: Epoch }
  /** Comes before the datagrams of the same turn. */
  | { readonly kind: "journal"; readonly write: JournalWrite }
  /** A call agent's domain name: the edge looks it up and tells what it found by `resolved`. */
  | { readonly kind: "resolve"; readonly name: string }
  | { readonly kind: "log"; readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

export function snmpSends(datagrams: readonly OutgoingDatagram[] = []): GatewayOutput[] {
  return datagrams.map((datagram) => ({ kind: "send", port: "snmp", datagram }));
}

export function sipSends(datagrams: readonly OutgoingDatagram[]): GatewayOutput[] {
  return datagrams.map((datagram) => {
    return { kind: "send", port: datagram.isStream === true ? "sip-tcp" : "sip", datagram };
  });
}
