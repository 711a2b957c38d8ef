/** Streams as a media engine tells them, for connections that are only a snapshot: what the standard tables show of a call. */
import type { TableConnection } from "../../firmware/management/snmp-source.js";
import type { ActiveConnection } from "../../firmware/protocol/active-connection.js";

/** It sends as many packets as the connection counts, and hears as many, since a second after it was made. */
export function streamsOf(connection: ActiveConnection): Partial<TableConnection> {
  const { localMedia: local, statistics, sendCoding, receiveCoding } = connection;
  if (local === null) return {};
  const number = Number.parseInt(connection.connectionId.slice(-6), 16);
  const common = { cname: "gw1.example/5F3A9C01", local, ssrc: 0x8000_0000 + number, startedUpMs: 3_001_000 };
  const sender = {
    ...common,
    packets: statistics.packetsSent,
    octets: statistics.octetsSent,
    payloadType: sendCoding?.payloadType ?? 0,
    reports: 2,
    reportedUpMs: 3_590_000,
  };
  const receiver = {
    ...common,
    sourceSsrc: number,
    packets: statistics.packetsReceived,
    octets: statistics.octetsReceived,
    lost: statistics.packetsLost,
    jitter: statistics.jitterMs === null ? null : statistics.jitterMs * 8,
    payloadType: receiveCoding?.payloadType ?? 0,
    reports: 0,
    reportedUpMs: null,
  };
  return { madeUpMs: 3_000_000, sender, receiver };
}
