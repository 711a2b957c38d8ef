/** A connection laid flat, one field for each column of hoConnTable, and its way back. */
import {
  type ActiveConnection,
  type Coding,
  type ConnectionStatistics,
  namedConnection,
  type OriginatingDevice,
  type QualityOfService,
} from "../active-connection.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { Oid } from "../snmp/oid.js";
import type { RtpMap } from "./textual-convention.js";

type AsItIs = Pick<
  ActiveConnection,
  | ("callId" | "endpoint" | "mode" | "state" | "durationMs" | "startedWallMs" | "notifiedEntity" | "changedAt")
  | ("localMedia" | "remoteMedia" | "learntMedia" | "tag")
>;

interface LaidFlat extends AsItIs, QualityOfService, ConnectionStatistics {
  readonly originDevice: string;
  readonly originAddress: string | null;
  readonly originFrom: OriginatingDevice["from"];
  /** Null: no coding this way, and payload type and packet time mean nothing. */
  readonly sendMap: RtpMap | null;
  readonly sendPayloadType: number;
  readonly sendPtimeMs: number;
  readonly receiveMap: RtpMap | null;
  readonly receivePayloadType: number;
  readonly receivePtimeMs: number;
  readonly epochNumber: number;
  /** Empty: no epoch was claimed. */
  readonly epochServer: string;
}

/** Filled column by column when it is read back. */
export type ConnectionRow = { -readonly [Key in keyof LaidFlat]: LaidFlat[Key] };

export function rowOf(connection: ActiveConnection): ConnectionRow {
  const { origin, sendCoding, receiveCoding, qos, statistics, epoch } = connection;
  return {
    callId: connection.callId,
    endpoint: connection.endpoint,
    mode: connection.mode,
    state: connection.state,
    durationMs: connection.durationMs,
    startedWallMs: connection.startedWallMs,
    notifiedEntity: connection.notifiedEntity,
    changedAt: connection.changedAt,
    localMedia: connection.localMedia,
    remoteMedia: connection.remoteMedia,
    learntMedia: connection.learntMedia,
    tag: connection.tag,
    originDevice: origin.device,
    originAddress: origin.address,
    originFrom: origin.from,
    sendMap: sendCoding,
    sendPayloadType: sendCoding?.payloadType ?? 0,
    sendPtimeMs: sendCoding?.ptimeMs ?? 0,
    receiveMap: receiveCoding,
    receivePayloadType: receiveCoding?.payloadType ?? 0,
    receivePtimeMs: receiveCoding?.ptimeMs ?? 0,
    epochNumber: epoch?.number ?? 0,
    epochServer: epoch?.server ?? "",
    dscp: qos.dscp,
    reservation: qos.reservation,
    packetsSent: statistics.packetsSent,
    octetsSent: statistics.octetsSent,
    packetsReceived: statistics.packetsReceived,
    octetsReceived: statistics.octetsReceived,
    packetsLost: statistics.packetsLost,
    jitterMs: statistics.jitterMs,
    roundTripMs: statistics.roundTripMs,
    mos: statistics.mos,
    lastMediaAgeMs: statistics.lastMediaAgeMs,
  };
}

/** What a row holds before any column was read: what a gateway that lacks a column is taken to say. */
export function emptyRow(): ConnectionRow {
  return rowOf(namedConnection("", ""));
}

export function connectionOf(row: ConnectionRow, gateway: string, connectionId: string): ActiveConnection {
  return {
    gateway,
    connectionId,
    callId: row.callId,
    endpoint: row.endpoint,
    mode: row.mode,
    state: row.state,
    origin: { device: row.originDevice, address: row.originAddress, from: row.originFrom },
    durationMs: row.durationMs,
    startedWallMs: row.startedWallMs,
    sendCoding: codingOf(row.sendMap, row.sendPayloadType, row.sendPtimeMs),
    receiveCoding: codingOf(row.receiveMap, row.receivePayloadType, row.receivePtimeMs),
    qos: { dscp: row.dscp, reservation: row.reservation },
    localMedia: row.localMedia,
    remoteMedia: row.remoteMedia,
    learntMedia: row.learntMedia,
    statistics: {
      packetsSent: row.packetsSent,
      octetsSent: row.octetsSent,
      packetsReceived: row.packetsReceived,
      octetsReceived: row.octetsReceived,
      packetsLost: row.packetsLost,
      jitterMs: row.jitterMs,
      roundTripMs: row.roundTripMs,
      mos: row.mos,
      lastMediaAgeMs: row.lastMediaAgeMs,
    },
    notifiedEntity: row.notifiedEntity,
    epoch: row.epochServer === "" ? null : { number: row.epochNumber, server: row.epochServer },
    tag: row.tag,
    changedAt: row.changedAt,
  };
}

function codingOf(map: RtpMap | null, payloadType: number, ptimeMs: number): Coding | null {
  return map === null ? null : { encoding: map.encoding, clockRateHz: map.clockRateHz, payloadType, ptimeMs };
}

/** RFC 3435 section 2.1.3.2: a connection id is up to 32 hex digits. */
const connectionIdForm = /^[0-9A-F]{1,32}$/;

/** hoConnId as the index (IMPLIED, so its characters are the sub-identifiers); null where it can be none. */
export function connectionIndex(connectionId: string): Oid | null {
  return connectionIdForm.test(connectionId) ? [...connectionId].map((digit) => digit.charCodeAt(0)) : null;
}

export function connectionIdOf(index: Oid): ParseResult<string> {
  const id = index.length <= 32 ? String.fromCharCode(...index) : "";
  return connectionIdForm.test(id) && index.every((code) => code < 128)
    ? parsed(id)
    : refused(`index ${index.slice(0, 40).join(".")} is not a connection id`);
}
