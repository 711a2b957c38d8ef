/**
 * callActiveTable of DIAL-CONTROL-MIB (RFC 2128 section 3): each connection is a call. It was made for ISDN routers; where
 * RFC 2128 has a value that says "not known" it stands there, and a column that has none and is not known has no instance.
 *
 *     callActiveEntry 1.3.6.1.2.1.10.21.1.3.1.1 . COLUMN . callActiveSetupTime . callActiveIndex
 */
import type { ActiveConnection } from "../active-connection.js";
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import { rtpSessionIndex } from "./rtp-mib.js";
import { text, ticksOf, timeStamp, unsigned } from "./textual-convention.js";

export const callActiveEntryOid: Oid = [1, 3, 6, 1, 2, 1, 10, 21, 1, 3, 1, 1];

export interface ActiveCall {
  readonly connection: ActiveConnection;
  /** Values of sysUpTime in ms: when the connection was made, and when it first carried media; null: not yet. */
  readonly madeUpMs: number;
  readonly connectedUpMs: number | null;
}

export interface CallActiveColumn {
  readonly number: number;
  readonly name: string;
  /** Null: this row has no instance. */
  readonly write: (call: ActiveCall) => SnmpValue | null;
}

const integer = (value: number): SnmpValue => ({ type: "integer", value });
/** AbsoluteCounter32: a Gauge32 that stays at its end. */
const absoluteCounter = unsigned().write;

/** RFC 2128 says of each of these that zero is what is not known or not there; columns 1 and 2 are the index. */
export const callActiveColumns: readonly CallActiveColumn[] = [
  { number: 3, name: "callActivePeerAddress", write: ({ connection }) => text.write(callingNumber(connection)) },
  { number: 4, name: "callActivePeerSubAddress", write: () => text.write("") },
  { number: 5, name: "callActivePeerId", write: () => integer(0) },
  { number: 6, name: "callActivePeerIfIndex", write: () => integer(0) },
  { number: 7, name: "callActiveLogicalIfIndex", write: () => integer(0) },
  { number: 8, name: "callActiveConnectTime", write: ({ connectedUpMs }) => timeStamp(connectedUpMs ?? 0) },
  { number: 9, name: "callActiveCallState", write: ({ connection }) => integer(callState(connection)) },
  { number: 10, name: "callActiveCallOrigin", write: ({ connection }) => origin(connection) },
  { number: 11, name: "callActiveChargedUnits", write: () => absoluteCounter(0) },
  { number: 12, name: "callActiveInfoType", write: ({ connection }) => informationType(connection) },
  { number: 13, name: "callActiveTransmitPackets", write: (call) => absoluteCounter(statistics(call).packetsSent) },
  { number: 14, name: "callActiveTransmitBytes", write: (call) => absoluteCounter(statistics(call).octetsSent) },
  { number: 15, name: "callActiveReceivePackets", write: (call) => absoluteCounter(statistics(call).packetsReceived) },
  { number: 16, name: "callActiveReceiveBytes", write: (call) => absoluteCounter(statistics(call).octetsReceived) },
];

/** callActiveIndex is the connection id as a number, which distinguishes those of one hundredth of a second. */
export function callActiveIndex({ connection, madeUpMs }: ActiveCall): Oid | null {
  const index = rtpSessionIndex(connection.connectionId);
  return index === null ? null : [ticksOf(madeUpMs), ...index];
}

const states = { unknown: 1, connecting: 2, connected: 3, active: 4 } as const;

/** connected: "an incoming call in the process of validation". */
function callState(connection: ActiveConnection): number {
  if (connection.state !== "setting-up") return states.active;
  const direction = directionOf(connection);
  if (direction === null) return states.unknown;
  return direction === "originate" ? states.connecting : states.connected;
}

/** Who called is known where it is the station of another gateway, the called number nowhere but in the tag. */
function callingNumber(connection: ActiveConnection): string {
  return directionOf(connection) === "answer" ? connection.origin.device : "";
}

/** Null: nobody said where the call began. */
function directionOf({ origin }: ActiveConnection): "originate" | "answer" | null {
  if (origin.device === "" || origin.device === "unknown") return null;
  return origin.from === "line" ? "originate" : "answer";
}

function origin(connection: ActiveConnection): SnmpValue | null {
  const direction = directionOf(connection);
  return direction === null ? null : integer(direction === "originate" ? 1 : 2);
}

/** speech, or audio of 7 kHz. */
function informationType({ sendCoding, receiveCoding }: ActiveConnection): SnmpValue | null {
  const coding = sendCoding ?? receiveCoding;
  if (coding === null) return null;
  return integer(coding.encoding === "G722" || coding.clockRateHz === 16_000 ? 7 : 2);
}

function statistics({ connection }: ActiveCall) {
  return connection.statistics;
}
