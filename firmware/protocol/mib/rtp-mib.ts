/**
 * rtpSessionTable of RTP-MIB (RFC 2959), and rtpSessionInverseTable, which finds a session by its addresses: each
 * connection is an RTP session between two transport addresses. Of its columns those that a gateway knows; its streams are
 * in rtp-stream-tables.ts. Any RTP system may have the table, so the query reads it where there is no HOLDOVER-MIB.
 *
 *     rtpSessionEntry        1.3.6.1.2.1.87.1.3.1 . COLUMN . rtpSessionIndex
 *     rtpSessionInverseEntry 1.3.6.1.2.1.87.1.2.1 . 1 . domain . remote . local . rtpSessionIndex
 *                            where each of the first three begins with its length (RFC 2578 section 7.7)
 *     TAddress of IPv4: 4 octets address, 2 octets port; of IPv6 (RFC 3419): 16 and 2
 */
import type { ActiveConnection } from "../active-connection.js";
import type { Address } from "../address.js";
import { ipBytes, ipText } from "../ip-address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import { timeStamp } from "./textual-convention.js";

export const rtpSessionInverseEntryOid: Oid = [1, 3, 6, 1, 2, 1, 87, 1, 2, 1];
export const rtpSessionEntryOid: Oid = [1, 3, 6, 1, 2, 1, 87, 1, 3, 1];

/** RFC 3417 section 2 and RFC 3419 section 5. */
const snmpUdpDomain: Oid = [1, 3, 6, 1, 6, 1, 1];
const transportDomainUdpIpv6: Oid = [1, 3, 6, 1, 2, 1, 100, 1, 2];
/** TruthValue and RowStatus (RFC 2579 section 2). */
const falseValue = 2;
const activeRow = 1;

export interface RtpSession {
  readonly local: Address;
  readonly remote: Address;
  /** sysUpTime when it began, ms; 0 for one that is not known or older. */
  readonly startedUpMs: number;
}

export interface RtpSessionColumn {
  readonly number: number;
  readonly name: string;
  readonly write: (session: RtpSession) => SnmpValue;
}

export const rtpSessionRemAddr = 3;
export const rtpSessionLocAddr = 4;
export const rtpSessionStartTime = 9;

export const rtpSessionColumns: readonly RtpSessionColumn[] = [
  { number: 2, name: "rtpSessionDomain", write: ({ remote }) => ({ type: "oid", value: domainOf(remote) }) },
  { number: rtpSessionRemAddr, name: "rtpSessionRemAddr", write: ({ remote }) => transportOctets(remote) },
  { number: rtpSessionLocAddr, name: "rtpSessionLocAddr", write: ({ local }) => transportOctets(local) },
  {
    number: rtpSessionStartTime,
    name: "rtpSessionStartTime",
    write: ({ startedUpMs }) => timeStamp(startedUpMs),
  },
  { number: 10, name: "rtpSessionMonitor", write: () => ({ type: "integer", value: falseValue }) },
  { number: 11, name: "rtpSessionRowStatus", write: () => ({ type: "integer", value: activeRow }) },
];

export const rtpSessionInverseStartTime = {
  number: 1,
  write: ({ startedUpMs }: RtpSession) => timeStamp(startedUpMs),
} as const;

/** `index`: as rtpSessionIndex has it. */
export function rtpSessionInverseIndex({ local, remote }: RtpSession, index: Oid): Oid {
  const parts = [domainOf(remote), octetsOf(remote), octetsOf(local)];
  return [...parts.flatMap((part) => [part.length, ...part]), ...index];
}

/** Null: no session yet, one of its ends is not known. */
export function rtpSessionOf(
  { localMedia, remoteMedia, durationMs, startedWallMs }: ActiveConnection,
  upMs: number,
): RtpSession | null {
  if (localMedia === null || remoteMedia === null) return null;
  const startedUpMs = startedWallMs === null ? 0 : Math.max(0, upMs - durationMs);
  return { local: localMedia, remote: remoteMedia, startedUpMs };
}

/** rtpSessionIndex: the connection id as a number; null where it is none of 1..2147483647. */
export function rtpSessionIndex(connectionId: string): Oid | null {
  const number = /^[0-9A-F]{1,8}$/.test(connectionId) ? Number.parseInt(connectionId, 16) : 0;
  return number >= 1 && number <= 0x7fff_ffff ? [number] : null;
}

function domainOf({ address }: Address): Oid {
  return address.includes(":") ? transportDomainUdpIpv6 : snmpUdpDomain;
}

export function transportOctets(address: Address): SnmpValue {
  return { type: "octets", value: Uint8Array.from(octetsOf(address)) };
}

function octetsOf({ address, port }: Address): number[] {
  return [...(ipBytes(address) ?? []), port >> 8, port & 0xff];
}

/** The reverse, by its length: 6 octets are IPv4, 18 IPv6. */
export function readTransportOctets(value: SnmpValue): ParseResult<Address> {
  if (value.type !== "octets") return refused(`${value.type} where a TAddress should be`);
  const octets = value.value;
  const family = octets.length === 6 ? "ipv4" : octets.length === 18 ? "ipv6" : null;
  if (family === null) return refused(`a TAddress of ${octets.length} octets`);
  const port = (octets.at(-2) ?? 0) * 256 + (octets.at(-1) ?? 0);
  return parsed({ address: ipText(octets, 0, family), port });
}
