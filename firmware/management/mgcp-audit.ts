/**
 * AUEP and AUCX (RFC 3435 sections 2.3.10 and 2.3.11), and the bulk audits: of package BA where BA/F asks for it, of our
 * own where x-ho/A does. What is supported but empty is returned empty, what is unknown is left out.
 */
import { readBulkAuditRequest } from "#protocol/mgcp/bulk-audit-package.js";
import type { MgcpCommand, MgcpParameters } from "#protocol/mgcp/message.js";
import { type AuditRequest, readAuditRequest, recoveryCodes } from "#protocol/mgcp/recovery-package.js";
import { writeAuditPage } from "#protocol/mgcp/recovery-page.js";
import { writeMessage } from "#protocol/mgcp/write.js";
import { type AuditSourceParts, auditSource } from "./audit-source.js";
import type { Moment } from "./call-control.js";
import { writeLocalDescription, writeRemoteDescription } from "./connection-descriptions.js";
import type { ConnectionRow } from "./connection-table.js";
import type { EndpointAudit } from "./endpoint-audit.js";
import type { Endpoint } from "./endpoints.js";
import { type Answer, accept, refuse, refuseByPackage } from "./mgcp-answer.js";
import type { MgcpBulkAudit } from "./mgcp-bulk-audit.js";
import type { MgcpConnections } from "./mgcp-connections.js";

/** Replies fit this unless the asker announced more (section 3.5.4). */
export const replyBytesMax = 4000;

export interface AuditParts extends AuditSourceParts {
  readonly gateway: string;
  readonly connections: MgcpConnections;
  readonly endpointAudit: EndpointAudit;
  readonly bulkAudit: MgcpBulkAudit;
}

export class MgcpAudit {
  readonly #parts: AuditParts;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  endpoints(command: MgcpCommand, endpoints: readonly Endpoint[], at: Moment): Answer {
    const { gateway, endpointAudit, bulkAudit } = this.#parts;
    const request = readAuditRequest(command.parameters);
    if (!request.ok) return refuse(510, request.reason);
    if (request.value !== null) return this.#recovery(command, request.value, at);
    const bulk = readBulkAuditRequest(command.parameters);
    if (!bulk.ok) return refuseByPackage(bulk.code, bulk.reason, {}, "BA");
    if (bulk.value !== null) return bulkAudit.answer(bulk.value, endpoints, replyBytesMax);
    const [endpoint] = endpoints;
    const isOne = endpoint !== undefined && command.endpoint.local.toLowerCase() === endpoint.local;
    if (isOne) return fitting(accept(endpointAudit.items(endpoint, command.parameters.requestedInfo ?? [], at.nowMs)));
    return fitting(accept({ endpointIds: endpoints.map(({ local }) => ({ local, domain: gateway })) }));
  }

  connection(command: MgcpCommand, endpoint: Endpoint, at: Moment): Answer {
    const [connectionId, another] = command.parameters.connectionIds ?? [];
    if (connectionId === undefined || another !== undefined) return refuse(510, "AUCX needs one connection id (I:)");
    const row = this.#parts.table.get(connectionId.toUpperCase());
    if (row === undefined || row.endpoint !== endpoint.local)
      return refuse(515, `no connection ${connectionId} on ${endpoint.local}`);
    const asked = new Set((command.parameters.requestedInfo ?? []).map((item) => item.toUpperCase()));
    const sessions: string[] = [];
    if (asked.has("LC")) sessions.push(writeLocalDescription(row));
    if (asked.has("RC")) sessions.push(writeRemoteDescription(row));
    return fitting(accept(this.#connectionItems(row, endpoint, asked, at.nowMs), [], sessions));
  }

  #recovery(command: MgcpCommand, request: AuditRequest, at: Moment): Answer {
    const source = auditSource(this.#parts, at.nowMs);
    if (request.ack !== null && request.ack.bootId === source.boot.bootId)
      this.#parts.journal.acknowledge(request.ack.ranges);
    const page = writeAuditPage(source, request, command.endpoint.local, request.bytesMax ?? replyBytesMax);
    if (page === null) return refuseByPackage(recoveryCodes.unknownBootOrCursor, `cursor ${request.after} is not ours`);
    return accept({ extensions: page.extensions });
  }

  #connectionItems(row: ConnectionRow, endpoint: Endpoint, asked: ReadonlySet<string>, nowMs: number): MgcpParameters {
    const { encoding, ptimeMs } = row.receiveCoding;
    return {
      ...(asked.has("C") && { callId: row.callId }),
      ...(asked.has("N") && { notifiedEntity: endpoint.agent.name }),
      ...(asked.has("L") && { localOptions: { ptimeMs, encodings: [encoding], typeOfService: row.dscp << 2 } }),
      ...(asked.has("M") && { mode: row.mode }),
      ...(asked.has("P") && { connectionParameters: this.#parts.connections.connectionParameters(row, nowMs) }),
    };
  }
}

/** Section 2.4, code 533: a response that is larger than every call agent takes. */
function fitting(answer: Answer): Answer {
  if (answer.response === null) return answer;
  const { packageName = null, ...response } = answer.response;
  const bytes = writeMessage({ kind: "response", transactionId: 999_999_999, packageName, ...response });
  return bytes.length <= replyBytesMax ? answer : refuse(533, `the answer does not fit ${replyBytesMax} bytes`);
}
