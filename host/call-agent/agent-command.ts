/**
 * Commands of the call agent and what each is for. The transaction layer belongs to the call server; the answer comes
 * back with the purpose.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type { LocalConnectionOptions, MgcpParameters, MgcpVerb } from "#protocol/mgcp/message.js";
import { wholeAudit, writeAuditRequest, writeTag } from "#protocol/mgcp/recovery-package.js";
import type { Call, ConnectionStep, Side } from "./call.js";
import type { Ability } from "./gateway-dialects.js";
import type { LineRequest, WrittenRequest } from "./line-request.js";

export type Purpose =
  | {
      readonly kind: "call";
      readonly callId: string;
      readonly step: ConnectionStep;
      /** Of the request the command brings along (RFC 3435 sections 2.3.5 to 2.3.7); null: none. */
      readonly identifier: string | null;
      readonly presumes: readonly Ability[];
    }
  | {
      readonly kind: "line";
      readonly gateway: string;
      readonly endpoint: string;
      readonly request: LineRequest;
      readonly identifier: string;
      readonly presumes: readonly Ability[];
    }
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

export interface ConnectionTerms {
  readonly tag: string;
  readonly policy: ConnectionPolicy;
  /** Whether a connection may be made that neither sends nor receives. */
  readonly knowsInactive: boolean;
  /** Whether it may be asked for the policy's quality of service. */
  readonly knowsTypeOfService: boolean;
}

/** A connection step as the command that does it; `request`: the notification request it brings along. */
export function connectionCommand(
  call: Call,
  step: ConnectionStep,
  terms: ConnectionTerms,
  request: WrittenRequest | null,
): AgentCommand {
  const { gateway, endpoint } = call.legs[step.side];
  const { callId } = call;
  const { identifier = null, parameters: requested = {}, presumes: ofRequest = [] } = request ?? {};
  const presumes: Ability[] = request === null ? [] : ["encapsulated requests", ...ofRequest];
  if (step.kind === "create" && terms.knowsInactive) presumes.push("inactive mode");
  if (step.kind === "create" && terms.knowsTypeOfService) presumes.push("type of service");
  const { verb, parameters, session } = connectionParameters(call, step, terms);
  const purpose: Purpose = { kind: "call", callId, step, identifier, presumes };
  return { gateway, endpoint, purpose, verb, parameters: { callId, ...parameters, ...requested }, session };
}

function connectionParameters(
  call: Call,
  step: ConnectionStep,
  { tag, policy, knowsInactive, knowsTypeOfService }: ConnectionTerms,
): Pick<AgentCommand, "verb" | "parameters" | "session"> {
  const { connectionId } = call.legs[step.side];
  const connectionIds = connectionId === null ? {} : { connectionIds: [connectionId] };
  const extensions = [writeTag(tag)];
  switch (step.kind) {
    case "create": {
      const mode = knowsInactive ? "inactive" : "recvonly";
      const { typeOfService, ...others } = localOptions(policy);
      const options = knowsTypeOfService && typeOfService !== undefined ? { ...others, typeOfService } : others;
      const parameters = { localOptions: options, mode, extensions };
      return { verb: "CRCX", parameters, session: step.remote };
    }
    case "describe":
      return { verb: "MDCX", parameters: { ...connectionIds, extensions }, session: step.remote };
    case "connect":
      return { verb: "MDCX", parameters: { ...connectionIds, mode: "sendrecv", extensions }, session: null };
    case "delete": {
      const parameters = step.connectionId === null ? {} : { connectionIds: [step.connectionId] };
      return { verb: "DLCX", parameters, session: null };
    }
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
