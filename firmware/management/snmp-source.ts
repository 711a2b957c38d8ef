/** What the SNMP face answers from: the gateway as it is when it is asked. Tables are made only where somebody asks for them. */
import type { ActiveConnection, HeardAgent } from "#protocol/active-connection.js";
import type { PlacedConnection } from "#protocol/mgcp/recovery-page.js";
import type { BootLine } from "#protocol/mgcp/recovery-row.js";
import type { ActiveCall } from "#protocol/mib/dial-control-mib.js";
import type { GatewayFacts } from "#protocol/mib/holdover-mib.js";
import type { RtpReceiver, RtpSender } from "#protocol/mib/rtp-stream-tables.js";
import type { HeardStream, ReadLegStatistics, SentStream } from "../media/media-port.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Counted } from "./counter-log.js";

export interface SnmpSource {
  /** The change counter alone, cheaply: a moment is not kept across a change. */
  readonly counter: () => number;
  readonly moment: (nowMs: number) => SnmpMoment;
}

/** The gateway at one moment. What is read of it while its change counter stands still belongs together. */
export interface SnmpMoment {
  readonly facts: GatewayFacts;
  readonly heard: readonly HeardAgent[];
  readonly connections: () => readonly TableConnection[];
  /** In the order of their last change, those changed after this value of the counter. */
  readonly changedBehind: (counter: number) => Iterable<Pick<PlacedConnection, "counter" | "describe">>;
  readonly goneBehind: (counter: number) => Iterable<Counted<string>>;
}

/** A connection with what only the standard tables tell of it. Times are values of sysUpTime in ms. */
export interface TableConnection extends Omit<ActiveCall, "connectedUpMs"> {
  readonly sender: RtpSender | null;
  readonly receiver: RtpReceiver | null;
}

export interface SnmpSourceParts {
  readonly gateway: string;
  /** In the RTCP of all legs. */
  readonly cname: string;
  readonly readStatistics: ReadLegStatistics;
  readonly table: ConnectionTable;
  readonly boot: (nowMs: number) => BootLine;
  readonly describe: (row: ConnectionRow, nowMs: number) => ActiveConnection;
}

export function snmpSource(parts: SnmpSourceParts): SnmpSource {
  const { gateway, table, boot, describe } = parts;
  return {
    counter: () => table.counter,
    moment: (nowMs) => {
      const { heard, ...ofBoot } = boot(nowMs);
      const { size: connectionCount, goneForgottenUpTo: goneForgotten } = table;
      return {
        facts: { gateway, ...ofBoot, connectionCount, goneForgotten },
        heard,
        connections: () =>
          [...table.rows()].map((row) => tableConnection(row, parts, nowMs - (ofBoot.upMs ?? 0), nowMs)),
        *changedBehind(behind) {
          for (const { counter, value } of table.changedBehind(behind))
            yield { counter, describe: () => describe(value, nowMs) };
        },
        goneBehind: (behind) => table.goneBehind(behind),
      };
    },
  };
}

/** `zeroMs`: when sysUpTime was 0. */
function tableConnection(row: ConnectionRow, parts: SnmpSourceParts, zeroMs: number, nowMs: number): TableConnection {
  const { cname, readStatistics, describe } = parts;
  const connection = describe(row, nowMs);
  const { localMedia: local } = connection;
  const upOf = (atMs: number) => Math.max(0, atMs - zeroMs);
  const told = ({ payloadType, sinceMs, reports, reportedAtMs }: SentStream | HeardStream) => ({
    cname,
    payloadType,
    startedUpMs: upOf(sinceMs),
    reports,
    reportedUpMs: reportedAtMs === null ? null : upOf(reportedAtMs),
  });
  const madeUpMs = upOf(row.madeAtMs);
  const statistics = readStatistics(row.lease.leg, row.lease.generation);
  if (local === null || statistics === null) return { connection, madeUpMs, sender: null, receiver: null };
  const { ssrc, sent, heard, packetsSent: packets, octetsSent: octets } = statistics;
  return {
    connection,
    madeUpMs,
    sender: sent === null ? null : { ...told(sent), local, ssrc, packets, octets },
    receiver: heard === null ? null : { ...told(heard), local, ssrc, ...receivedOf(heard) },
  };
}

function receivedOf({ ssrc: sourceSsrc, packets, octets, lost, jitter }: HeardStream) {
  return { sourceSsrc, packets, octets, lost, jitter };
}
