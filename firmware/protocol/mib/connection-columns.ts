/**
 * The columns of hoConnTable: one row here is one column of the table, its number and name as docs/mib/HOLDOVER-MIB.txt
 * has them, where its value is kept and how it travels. The face, the query and a test of the document all go by this
 * table. Every row of hoConnTable has every column, so that a GETBULK of several columns stays in step; what is not
 * known has the value that the document says.
 */
import { connectionModes, connectionStates, dscpName, tagCharactersMax } from "../active-connection.js";
import type { SnmpValue } from "../snmp/value.js";
import type { ConnectionRow } from "./connection-row.js";
import {
  counter,
  dateAndTime,
  ipLiteral,
  knownOrNot,
  oneOf,
  printable,
  rtpMap,
  type Syntax,
  text,
  transportAddress,
  unsigned,
  wallClock,
} from "./textual-convention.js";

export interface ConnectionColumn {
  readonly number: number;
  readonly name: string;
  readonly write: (row: ConnectionRow) => SnmpValue;
  /** Puts the value into the row, or gives the reason why it cannot. Null where another column says the same exactly. */
  readonly read: ((value: SnmpValue, row: ConnectionRow) => string | null) | null;
  /** Told under authPriv only; for others there is no such column. */
  readonly isPrivate: boolean;
}

const originSources = ["line", "tag", "remote-description"] as const;
const reservations = ["none", "guaranteed", "controlled-load"] as const;
const microsecondsPerMs = 1000;
const hundredthsPerOne = 100;

/** Column 1, hoConnId, is the index and is read from the names (connection-row.ts). The five facts come first. */
export const connectionColumns: readonly ConnectionColumn[] = [
  column(2, "hoConnOriginDevice", "originDevice", text),
  column(3, "hoConnOriginAddress", "originAddress", ipLiteral),
  column(4, "hoConnDuration", "durationMs", counter),
  shown(5, "hoConnStarted", (row) => dateAndTime(row.startedWallMs)),
  column(6, "hoConnSendCoding", "sendMap", rtpMap),
  column(7, "hoConnReceiveCoding", "receiveMap", rtpMap),
  column(8, "hoConnDscp", "dscp", unsigned(63)),
  shown(9, "hoConnDscpName", (row) => text.write(dscpName(row.dscp))),
  column(10, "hoConnReservation", "reservation", oneOf(reservations)),
  column(11, "hoConnOriginFrom", "originFrom", oneOf(originSources)),
  column(12, "hoConnCallId", "callId", text),
  column(13, "hoConnEndpoint", "endpoint", text),
  column(14, "hoConnMode", "mode", oneOf(connectionModes)),
  column(15, "hoConnState", "state", oneOf(connectionStates)),
  column(16, "hoConnStartedMs", "startedWallMs", wallClock),
  column(17, "hoConnSendPayloadType", "sendPayloadType", unsigned(127)),
  column(18, "hoConnSendPtime", "sendPtimeMs", unsigned()),
  column(19, "hoConnReceivePayloadType", "receivePayloadType", unsigned(127)),
  column(20, "hoConnReceivePtime", "receivePtimeMs", unsigned()),
  column(21, "hoConnLocalMedia", "localMedia", transportAddress),
  column(22, "hoConnRemoteMedia", "remoteMedia", transportAddress),
  column(23, "hoConnLearntMedia", "learntMedia", transportAddress),
  column(24, "hoConnPacketsSent", "packetsSent", counter),
  column(25, "hoConnOctetsSent", "octetsSent", counter),
  column(26, "hoConnPacketsReceived", "packetsReceived", counter),
  column(27, "hoConnOctetsReceived", "octetsReceived", counter),
  column(28, "hoConnPacketsLost", "packetsLost", counter),
  column(29, "hoConnJitter", "jitterMs", knownOrNot(microsecondsPerMs)),
  column(30, "hoConnRoundTrip", "roundTripMs", knownOrNot(microsecondsPerMs)),
  column(31, "hoConnMos", "mos", knownOrNot(hundredthsPerOne)),
  column(32, "hoConnLastMediaAge", "lastMediaAgeMs", knownOrNot(1)),
  column(33, "hoConnNotifiedEntity", "notifiedEntity", text),
  column(34, "hoConnEpochNumber", "epochNumber", counter),
  column(35, "hoConnEpochServer", "epochServer", text),
  column(36, "hoConnChangedAt", "changedAt", counter),
  { ...column(37, "hoConnTag", "tag", printable(tagCharactersMax)), isPrivate: true },
];

function column<Key extends keyof ConnectionRow>(
  number: number,
  name: string,
  key: Key,
  syntax: Syntax<ConnectionRow[Key]>,
): ConnectionColumn {
  const write = (row: ConnectionRow) => syntax.write(row[key]);
  const read = (value: SnmpValue, row: ConnectionRow) => {
    const result = syntax.read(value);
    if (!result.ok) return result.reason;
    row[key] = result.value;
    return null;
  };
  return { number, name, write, read, isPrivate: false };
}

/** A column for people who look at the table; a query reads the exact one instead. */
function shown(number: number, name: string, write: (row: ConnectionRow) => SnmpValue): ConnectionColumn {
  return { number, name, write, read: null, isPrivate: false };
}
