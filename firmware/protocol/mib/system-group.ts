/** The system group of SNMPv2-MIB (RFC 3418 section 2), by which any management station tells what it is talking to. */
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import type { GatewayFacts } from "./holdover-mib.js";
import { text } from "./textual-convention.js";

export const systemOid: Oid = [1, 3, 6, 1, 2, 1, 1];
export const sysDescrOid: Oid = [...systemOid, 1, 0];
export const sysUpTimeOid: Oid = [...systemOid, 3, 0];
export const sysNameOid: Oid = [...systemOid, 5, 0];

/** Layers 4 and 7: 2^(4-1) + 2^(7-1). */
const servicesOfAGateway = 72;

export interface SystemObject {
  readonly number: number;
  readonly write: (facts: GatewayFacts, root: Oid) => SnmpValue;
}

export const systemObjects: readonly SystemObject[] = [
  { number: 1, write: () => text.write("Holdover media gateway") },
  { number: 2, write: (_facts, root) => ({ type: "oid", value: root }) },
  { number: 3, write: (facts) => ({ type: "ticks", value: Math.floor((facts.upMs ?? 0) / 10) % 2 ** 32 }) },
  { number: 4, write: () => text.write("") },
  { number: 5, write: (facts) => text.write(facts.gateway) },
  { number: 6, write: () => text.write("") },
  { number: 7, write: () => ({ type: "integer", value: servicesOfAGateway }) },
];
