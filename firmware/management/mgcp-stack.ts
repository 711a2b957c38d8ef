/** Puts the MGCP side of the gateway together: endpoints, what they watch for and are told, and the face that commands reach. */
import type { Random } from "#protocol/chance.js";
import { digitTimerDefaults } from "#protocol/mgcp/digit-collector.js";
import { parseTag } from "#protocol/mgcp/recovery-tag.js";
import { transactionDefaults } from "#protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import { AgentAddresses, type AgentAddressesOptions } from "./agent-addresses.js";
import { AgentLink } from "./agent-link.js";
import type { AuditSourceParts } from "./audit-source.js";
import type { CallControl } from "./call-control.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { WatchedConnection } from "./connection-watch.js";
import { EndpointAudit } from "./endpoint-audit.js";
import { Endpoints } from "./endpoints.js";
import type { Fencing } from "./fencing.js";
import type { Journal } from "./journal.js";
import type { LineStations } from "./line-stations.js";
import { MgcpAudit, replyBytesMax } from "./mgcp-audit.js";
import { MgcpBulkAudit } from "./mgcp-bulk-audit.js";
import { MgcpConfiguration } from "./mgcp-configuration.js";
import { MgcpConnections } from "./mgcp-connections.js";
import { MgcpFace } from "./mgcp-face.js";
import { MgcpNotices, type NoticePurpose } from "./mgcp-notices.js";
import { MgcpRequests } from "./mgcp-requests.js";
import type { RelayEndpoints } from "./relay-endpoints.js";
import { RequestChecks } from "./request-checks.js";
import { RestartNotice, type RestartOptions } from "./restart-notice.js";

export interface MgcpStackOptions extends AgentAddressesOptions, RestartOptions {
  /** The gateway's domain name, and the address that is as good in its place. */
  readonly name: string;
  readonly address: string;
  readonly lines: readonly string[];
  /** The provisioned notified entity, and those to try after it (RFC 3991 section 2.1). */
  readonly notifiedEntity: string;
  readonly notifiedEntityList: readonly string[];
  readonly quarantineMax: number;
  readonly observedMax: number;
  /** The preferred first. */
  readonly encodings: readonly string[];
}

export interface MgcpStackParts {
  readonly table: ConnectionTable;
  readonly journal: Journal;
  readonly fencing: Fencing;
  readonly control: CallControl;
  readonly stations: LineStations;
  readonly relays: RelayEndpoints;
  readonly boot: AuditSourceParts["boot"];
  readonly describe: AuditSourceParts["describe"];
  readonly random: Random;
}

export interface MgcpStack {
  readonly face: MgcpFace;
  readonly notices: MgcpNotices;
  readonly endpoints: Endpoints;
}

export function createMgcpStack(options: MgcpStackOptions, parts: MgcpStackParts): MgcpStack {
  const { table, fencing, stations, relays, random } = parts;
  const domain = options.name.toLowerCase();
  const checks = new RequestChecks(stations, table);
  const endpoints = new Endpoints(
    { ...options, relays: relays.names, digitTimers: digitTimerDefaults },
    (endpoint, request) => checks.embedded(endpoint, request),
  );
  const transactions = new MgcpTransactions(transactionDefaults, random);
  const restart = new RestartNotice(options, random);
  const connections = new MgcpConnections(parts.control, table, relays);
  const requests = new MgcpRequests({
    endpoints,
    checks,
    stations,
    callerNumber: (local) => callerNumber(table, local),
    connections: (local, nowMs) => table.onEndpoint(local).map((row) => watched(parts.control, row, nowMs)),
  });
  const link = new AgentLink<NoticePurpose>(transactions, new AgentAddresses(options));
  const notices = new MgcpNotices({ domain, transactions, link, endpoints, requests, restart });
  const configuration = new MgcpConfiguration({ endpoints, table, fencing, connections, requests, notices });
  const { encodings } = options;
  const audit = new MgcpAudit({
    ...parts,
    gateway: options.name,
    connections,
    endpointAudit: new EndpointAudit({ table, stations, restart, encodings, datagramBytesMax: replyBytesMax }),
    bulkAudit: new MgcpBulkAudit({ table, stations, restart }),
  });
  const face = new MgcpFace({
    domains: [domain, `[${options.address.toLowerCase()}]`],
    transactions,
    endpoints,
    fencing,
    connections,
    checks,
    requests,
    configuration,
    notices,
    audit,
    restart,
  });
  return { face, notices, endpoints };
}

function watched(control: CallControl, row: ConnectionRow, nowMs: number): WatchedConnection {
  const { connectionId, statistics, durationMs } = control.describe(row, "", nowMs);
  const { packetsReceived, packetsLost, jitterMs, roundTripMs, lastMediaAgeMs } = statistics;
  return { connectionId, packetsReceived, packetsLost, jitterMs, roundTripMs, lastMediaAgeMs, durationMs };
}

/** From the tag of the connection on the line. */
function callerNumber(table: ConnectionTable, local: string): string {
  const [connection] = table.onEndpoint(local);
  return parseTag(connection?.tag ?? "").get("from") ?? "anonymous";
}
