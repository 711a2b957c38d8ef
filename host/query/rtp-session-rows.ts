/**
 * Connections as RTP-MIB's rtpSessionTable tells them (RFC 2959), where an agent has no HOLDOVER-MIB: two transport
 * addresses and a start. What it cannot say is named beside the audit.
 */
import { type ActiveConnection, namedConnection } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import {
  readTransportOctets,
  rtpSessionEntryOid,
  rtpSessionLocAddr,
  rtpSessionRemAddr,
  rtpSessionStartTime,
} from "#protocol/mib/rtp-mib.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import type { Oid } from "#protocol/snmp/oid.js";
import type { SnmpValue } from "#protocol/snmp/value.js";
import type { WalkedColumn } from "./snmp-walk.js";

interface PartSession {
  local: Address | null;
  remote: Address | null;
  startedTicks: number | null;
}

/** What rtpSessionTable has no column for. */
export const notInRtpMib = [
  "originating device",
  "call ids",
  "endpoints",
  "coding algorithm",
  "quality of service",
  "statistics (RTP-MIB has them by SSRC)",
  "owner and epoch",
  "change counter",
];

/** Ours have so many, and are the index as a number: what other agents mean by theirs nobody knows. */
const idDigits = 8;

export class RtpSessionRows {
  readonly #rowsMax: number;
  readonly #sessions = new Map<number, PartSession>();

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  columns(): WalkedColumn[] {
    return [
      this.#column("rtpSessionRemAddr", rtpSessionRemAddr, readTransportOctets, (session, remote) => {
        session.remote = remote;
      }),
      this.#column("rtpSessionLocAddr", rtpSessionLocAddr, readTransportOctets, (session, local) => {
        session.local = local;
      }),
      this.#column("rtpSessionStartTime", rtpSessionStartTime, readTicks, (session, ticks) => {
        session.startedTicks = ticks;
      }),
    ];
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** upTicks: sysUpTime when the audit began; null: not known, and no duration is. */
  connections(gateway: string, upTicks: number | null): ActiveConnection[] {
    return [...this.#sessions]
      .sort(([a], [b]) => a - b)
      .map(([index, { local, remote, startedTicks }]) => ({
        ...namedConnection(gateway, index.toString(16).toUpperCase().padStart(idDigits, "0")),
        state: "up",
        mode: "sendrecv",
        localMedia: local,
        remoteMedia: remote,
        durationMs: startedTicks === null || upTicks === null ? 0 : Math.max(0, upTicks - startedTicks) * 10,
      }));
  }

  #column<T>(
    name: string,
    number: number,
    read: (value: SnmpValue) => ParseResult<T>,
    put: (session: PartSession, value: T) => void,
  ): WalkedColumn {
    const keep = (index: Oid, value: SnmpValue) => {
      const [place] = index;
      if (place === undefined || index.length !== 1) return "an index of rtpSessionTable is one number";
      const result = read(value);
      if (!result.ok) return result.reason;
      const session = this.#sessions.get(place) ?? { local: null, remote: null, startedTicks: null };
      if (!this.#sessions.has(place) && this.#sessions.size >= this.#rowsMax)
        return `more than ${this.#rowsMax} sessions`;
      this.#sessions.set(place, session);
      put(session, result.value);
      return null;
    };
    return { name, oid: [...rtpSessionEntryOid, number], keep };
  }
}

function readTicks(value: SnmpValue): ParseResult<number> {
  return value.type === "ticks" ? parsed(value.value) : refused(`${value.type} where TimeTicks should be`);
}
