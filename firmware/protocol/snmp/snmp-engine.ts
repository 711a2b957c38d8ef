/**
 * What an SNMP engine calls itself (RFC 3411 section 5, SnmpEngineID), and the counters by whose names it reports what
 * was wrong with a message (RFC 3414 section 5, usmStats; RFC 3413 section 4, snmpTargetObjects).
 */
import { createHash } from "node:crypto";
import { formatOid, type Oid } from "./oid.js";
import { engineIdOctetsMax } from "./v3-message.js";

/** Net-SNMP's, under which HOLDOVER-MIB stands too: no enterprise number is ours. */
const enterprise = 8072;
const octetsFormat = 5;
const hashOctets = 16;

/**
 * The id of a gateway's engine: the same after each start, and another for another name. Made from the name, so that
 * receivers of its notifications can be configured before it ever ran.
 *
 *     0x80 enterprise (31 bits) | format 5 | first 16 octets of SHA-256 of the name
 */
export function engineIdOf(gatewayName: string): Uint8Array {
  const id = new Uint8Array(5 + hashOctets);
  new DataView(id.buffer).setUint32(0, 0x8000_0000 + enterprise);
  id[4] = octetsFormat;
  id.set(createHash("sha256").update(gatewayName.toLowerCase()).digest().subarray(0, hashOctets), 5);
  return id.subarray(0, engineIdOctetsMax);
}

export function isSameEngine(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

/** RFC 3414 section 3.2 step 7. */
export const timeWindowSeconds = 150;
/** Where boots stand once they cannot be counted any more; nothing is authentic then. */
export const engineBootsMax = 0x7fff_ffff;

export const reportNames = [
  "usmStatsUnsupportedSecLevels",
  "usmStatsNotInTimeWindows",
  "usmStatsUnknownUserNames",
  "usmStatsUnknownEngineIDs",
  "usmStatsWrongDigests",
  "usmStatsDecryptionErrors",
  "snmpUnknownContexts",
] as const;
export type ReportName = (typeof reportNames)[number];

const usmStats: Oid = [1, 3, 6, 1, 6, 3, 15, 1, 1];

/** The counter's instance, the one variable of a report. */
export function reportOid(name: ReportName): Oid {
  return name === "snmpUnknownContexts"
    ? [1, 3, 6, 1, 6, 3, 12, 1, 5, 0]
    : [...usmStats, reportNames.indexOf(name) + 1, 0];
}

const namesByOid = new Map(reportNames.map((name) => [formatOid(reportOid(name)), name]));

/** Null: a counter of none of these names. */
export function reportNameOf(oid: Oid): ReportName | null {
  return namesByOid.get(formatOid(oid)) ?? null;
}
