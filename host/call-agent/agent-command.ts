/**
 * Commands of the call agent and what each is for. The transaction layer belongs to the call server; the answer comes
 * back with the purpose.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type { LocalConnectionOptions, MgcpParameters, MgcpVerb } from "#protocol/mgcp/message.js";
import { wholeAudit, writeAuditRequest, writeTag } from "#protocol/mgcp/recovery-package.js";
import type { Call, CallStep, Side } from "./call.js";
import type { LineRequest } from "./line-request.js";

export type Purpose =
  | { readonly kind: "call"; readonly callId: string; readonly side: Side; readonly verb: "CRCX" | "MDCX" | "DLCX" }
  | { readonly kind: "line"; readonly gateway: string; readonly endpoint: string; readonly request: LineRequest }
  /** Asks an endpoint's journal for the hook events of a call that is over. */
  | { readonly kind: "bill"; readonly callId: string; readonly side: Side }
  /** A connection that belongs to no call is deleted. */
  | { readonly kind: "stray"; readonly callId: string };

export interface AgentCommand {
  readonly gateway: string;
  readonly purpose: Purpose;
  readonly verb: MgcpVerb;
  /** Local name. */
  readonly endpoint: string;
  readonly parameters: MgcpParameters;
  readonly session: string | null;
}

/** What every connection is made with (L:, RFC 3435 section 3.2.2.10). */
export interface ConnectionPolicy {
  readonly encodings: readonly string[];
  readonly ptimeMs: number;
  /** Six bits; the type of service octet is this shifted by two (RFC 2474 section 3). */
  readonly dscp: number;
}

/** A connection step as the command that does it. */
export function connectionCommand(
  call: Call,
  step: Exclude<CallStep, { readonly kind: "signal" | "close" }>,
  tag: string,
  policy: ConnectionPolicy,
): AgentCommand {
  const leg = call.legs[step.side];
  const { callId } = call;
  const build = (verb: "CRCX" | "MDCX" | "DLCX", parameters: MgcpParameters, session: string | null): AgentCommand => ({
    gateway: leg.gateway,
    endpoint: leg.endpoint,
    purpose: { kind: "call", callId, side: step.side, verb },
    verb,
    parameters: { callId, ...parameters },
    session,
  });
  const connectionIds = leg.connectionId === null ? {} : { connectionIds: [leg.connectionId] };
  const extensions = [writeTag(tag)];
  switch (step.kind) {
    case "create":
      return build("CRCX", { localOptions: localOptions(policy), mode: "inactive", extensions }, step.remote);
    case "describe":
      return build("MDCX", { ...connectionIds, extensions }, step.remote);
    case "connect":
      return build("MDCX", { ...connectionIds, mode: "sendrecv", extensions }, null);
    case "delete":
      return build("DLCX", step.connectionId === null ? {} : { connectionIds: [step.connectionId] }, null);
  }
}

/** AUEP of one endpoint for its part of the journal; `after` goes on behind the page before. */
export function journalCommand(call: Call, side: Side, after: string | null): AgentCommand {
  const { gateway, endpoint } = call.legs[side];
  return {
    gateway,
    endpoint,
    purpose: { kind: "bill", callId: call.callId, side },
    verb: "AUEP",
    parameters: { extensions: [writeAuditRequest({ ...wholeAudit, after })] },
    session: null,
  };
}

/** DLCX of a connection that belongs to no call. */
export function strayCommand({ gateway, endpoint, callId, connectionId }: ActiveConnection): AgentCommand {
  const parameters = { callId, connectionIds: [connectionId] };
  return { gateway, endpoint, purpose: { kind: "stray", callId }, verb: "DLCX", parameters, session: null };
}

export function localOptions(policy: ConnectionPolicy): LocalConnectionOptions {
  return { ptimeMs: policy.ptimeMs, encodings: policy.encodings, typeOfService: policy.dscp << 2 };
}
