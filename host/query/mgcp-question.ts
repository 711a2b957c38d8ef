/** What an audit by MGCP asks, question by question, as the commands that carry it (mgcp-query.ts says in what order). */
import { writeBulkAuditRequest } from "#protocol/mgcp/bulk-audit-package.js";
import type { EndpointName } from "#protocol/mgcp/message.js";
import { type AuditRequest, writeAuditRequest } from "#protocol/mgcp/recovery-package.js";
import type { CommandToSend } from "#protocol/mgcp/transaction-options.js";
import { connectionInfo } from "./mgcp-connection.js";

export type Question =
  | { readonly kind: "page"; readonly after: string | null }
  | { readonly kind: "list" }
  /** Whether it has package BA. */
  | { readonly kind: "packages"; readonly endpoint: EndpointName; readonly listed: readonly EndpointName[] }
  | { readonly kind: "counts"; readonly start: string | null; readonly listed: readonly EndpointName[] }
  | { readonly kind: "endpoint"; readonly endpoint: EndpointName }
  | { readonly kind: "connection"; readonly endpoint: EndpointName; readonly connectionId: string };

/** everything: the endpoints that are asked for; request: of the first page. */
export function commandOf(question: Question, everything: EndpointName, request: AuditRequest): CommandToSend {
  const [verb, session] = ["AUEP", null] as const;
  switch (question.kind) {
    case "page": {
      const { after } = question;
      const asked = after === null ? request : { ...request, after, ack: null, parts: null };
      return { verb, endpoint: everything, parameters: { extensions: [writeAuditRequest(asked)] }, session };
    }
    case "list":
      return { verb, endpoint: everything, parameters: {}, session };
    case "packages":
      return { verb, endpoint: question.endpoint, parameters: { requestedInfo: ["A"] }, session };
    case "counts": {
      const counts = { items: ["counts"], stateTypes: [], start: question.start, endpointsMax: null } as const;
      return { verb, endpoint: everything, parameters: { extensions: writeBulkAuditRequest(counts) }, session };
    }
    case "endpoint":
      return { verb, endpoint: question.endpoint, parameters: { requestedInfo: ["I"] }, session };
    case "connection": {
      const parameters = { connectionIds: [question.connectionId], requestedInfo: connectionInfo };
      return { verb: "AUCX", endpoint: question.endpoint, parameters, session };
    }
  }
}
