/** The system group of SNMPv2-MIB (RFC 3418 section 2), by which any management station tells what it is talking to. */
import type { GatewaySnapshot } from "../active-connection.js";
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import { text } from "./textual-convention.js";

export const systemOid: Oid = [1, 3, 6, 1, 2, 1, 1];
export const sysUpTimeOid: Oid = [...systemOid, 3, 0];
export const sysNameOid: Oid = [...systemOid, 5, 0];

/** Layers 4 and 7: 2^(4-1) + 2^(7-1). */
const servicesOfAGateway = 72;

export interface SystemObject {
  readonly number: number;
  readonly write: (snapshot: GatewaySnapshot, root: Oid) => SnmpValue;
}

export const systemObjects: readonly SystemObject[] = [
  { number: 1, write: () => text.write("Holdover media gateway") },
  { number: 2, write: (_snapshot, root) => ({ type: "oid", value: root }) },
  { number: 3, write: (snapshot) => ({ type: "ticks", value: Math.floor((snapshot.upMs ?? 0) / 10) % 2 ** 32 }) },
  { number: 4, write: () => text.write("") },
  { number: 5, write: (snapshot) => text.write(snapshot.gateway) },
  { number: 6, write: () => text.write("") },
  { number: 7, write: () => ({ type: "integer", value: servicesOfAGateway }) },
];
