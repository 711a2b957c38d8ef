/**
 * AUEP and AUCX (RFC 3435 sections 2.3.10 and 2.3.11), and the bulk audit of our package when x-ho/A asks for it. What is
 * supported but empty is returned empty, what is unknown is left out.
 */
import type { GatewaySnapshot } from "#protocol/active-connection.js";
import type { Capability, MgcpCommand, MgcpParameters } from "#protocol/mgcp/message.js";
import { type AuditRequest, readAuditRequest, recoveryCodes } from "#protocol/mgcp/recovery-package.js";
import { writeAuditPage } from "#protocol/mgcp/recovery-page.js";
import { writeMediaDescription } from "#protocol/sdp.js";
import type { Moment } from "./call-control.js";
import { supportedModes } from "./connection-modes.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Endpoint } from "./endpoints.js";
import type { Journal } from "./journal.js";
import { type Answer, accept, refuse, refuseByPackage } from "./mgcp-answer.js";
import type { MgcpConnections } from "./mgcp-connections.js";
import { packageList } from "./packages.js";

/** Replies fit this unless the asker announced more (section 3.5.4). */
export const replyBytesMax = 4000;

export interface AuditParts {
  readonly gateway: string;
  readonly table: ConnectionTable;
  readonly journal: Journal;
  readonly connections: MgcpConnections;
  readonly encodings: readonly string[];
  readonly snapshot: (nowMs: number) => GatewaySnapshot;
}

export class MgcpAudit {
  readonly #parts: AuditParts;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  endpoints(command: MgcpCommand, endpoints: readonly Endpoint[], at: Moment): Answer {
    const request = readAuditRequest(command.parameters);
    if (!request.ok) return refuse(510, request.reason);
    if (request.value !== null) return this.#bulk(command, request.value, at);
    const [endpoint] = endpoints;
    if (!command.endpoint.local.includes("*") && endpoint !== undefined)
      return accept(this.#endpoint(endpoint, command.parameters.requestedInfo ?? []));
    const endpointIds = endpoints.map(({ local }) => ({ local, domain: this.#parts.gateway }));
    const bytes = endpointIds.reduce((sum, { local, domain }) => sum + local.length + domain.length + 6, 0);
    if (bytes > replyBytesMax - 100)
      return refuse(533, `${endpoints.length} endpoints do not fit ${replyBytesMax} bytes`);
    return accept({ endpointIds });
  }

  connection(command: MgcpCommand, endpoint: Endpoint, at: Moment): Answer {
    const [connectionId] = command.parameters.connectionIds ?? [];
    if (connectionId === undefined) return refuse(510, "AUCX needs a connection id (I:)");
    const row = this.#parts.table.get(connectionId.toUpperCase());
    if (row === undefined || row.endpoint !== endpoint.local)
      return refuse(515, `no connection ${connectionId} on ${endpoint.local}`);
    const asked = new Set((command.parameters.requestedInfo ?? []).map((item) => item.toUpperCase()));
    const sessions: string[] = [];
    if (asked.has("LC")) sessions.push(writeMediaDescription(row.local));
    if (asked.has("RC")) sessions.push(row.remote === null ? "v=0\r\n" : writeMediaDescription(row.remote));
    return accept(this.#connectionItems(row, endpoint, asked, at.nowMs), [], sessions);
  }

  #bulk(command: MgcpCommand, request: AuditRequest, at: Moment): Answer {
    const snapshot = this.#parts.snapshot(at.nowMs);
    if (request.ack !== null && request.ack.bootId === snapshot.bootId)
      this.#parts.journal.acknowledge(request.ack.sequence);
    const page = writeAuditPage(snapshot, request, command.endpoint.local, request.bytesMax ?? replyBytesMax);
    if (page === null) return refuseByPackage(recoveryCodes.unknownBootOrCursor, `cursor ${request.after} is not ours`);
    return accept({ extensions: page.extensions });
  }

  #endpoint(endpoint: Endpoint, requestedInfo: readonly string[]): MgcpParameters {
    const asked = new Set(requestedInfo.map((item) => item.toUpperCase()));
    const { requests, local, notifiedEntity } = endpoint;
    const { current } = requests;
    return {
      ...(asked.has("I") && { connectionIds: this.#parts.table.onEndpoint(local).map((row) => row.connectionId) }),
      ...(asked.has("N") && { notifiedEntity }),
      ...(asked.has("X") && { requestIdentifier: current.requestIdentifier }),
      ...(asked.has("R") && { requestedEvents: current.requestedEvents }),
      ...(asked.has("D") && { digitMap: current.digitMap ?? "" }),
      ...(asked.has("S") && { signals: [] }),
      ...(asked.has("Q") && { quarantine: { loop: false, process: true } }),
      ...(asked.has("O") && { observedEvents: requests.observed }),
      ...(asked.has("A") && { capabilities: [this.#capabilities()] }),
      ...(asked.has("PL") && { packages: packageList }),
      ...(asked.has("MD") && { datagramBytesMax: replyBytesMax }),
    };
  }

  #connectionItems(row: ConnectionRow, endpoint: Endpoint, asked: ReadonlySet<string>, nowMs: number): MgcpParameters {
    const { encoding, ptimeMs } = row.receiveCoding;
    return {
      ...(asked.has("C") && { callId: row.callId }),
      ...(asked.has("N") && { notifiedEntity: endpoint.notifiedEntity }),
      ...(asked.has("L") && { localOptions: { ptimeMs, encodings: [encoding], typeOfService: row.dscp << 2 } }),
      ...(asked.has("M") && { mode: row.mode }),
      ...(asked.has("P") && { connectionParameters: this.#parts.connections.connectionParameters(row, nowMs) }),
    };
  }

  #capabilities(): Capability {
    return {
      options: {
        ptimeRangeMs: { first: 10, last: 60 },
        encodings: this.#parts.encodings,
        typeOfService: 0,
        echoCancellation: false,
        silenceSuppression: false,
        networks: ["IN"],
      },
      packages: packageList.map(({ name }) => name),
      modes: supportedModes,
    };
  }
}
