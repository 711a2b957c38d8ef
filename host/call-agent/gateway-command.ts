/** The commands that concern a gateway as a whole; calls have theirs in call-agent/agent-command. */
import type { Epoch } from "#protocol/active-connection.js";
import { type Address, formatAddress } from "#protocol/address.js";
import type { MgcpParameters } from "#protocol/mgcp/message.js";
import { wholeAudit, writeAuditRequest, writeClaim, writeEpoch } from "#protocol/mgcp/recovery-package.js";
import type { CommandToSend } from "#protocol/mgcp/transaction-options.js";
import type { KnownGateway } from "../registry/known-gateway.js";
import type { Purpose } from "./agent-command.js";

/** ask: for the epoch, before a claim; witness: whether it hears the peer; ping: only to be heard. */
export type ServerPurpose = Purpose | { readonly kind: "ask" | "claim" | "witness" | "ping" | "acknowledge" };

type Mark = { readonly bootId: string; readonly sequence: number };

/** What changed since we last knew is of no interest here, so it is narrowed to that. */
export function askCommand({ name, bootId, counter }: KnownGateway, ack: Mark | null): CommandToSend {
  const since = bootId === null || counter === null ? null : { bootId, counter };
  const extensions = [writeAuditRequest({ ...wholeAudit, since, ack })];
  return { verb: "AUEP", endpoint: { local: "*", domain: name }, parameters: { extensions }, session: null };
}

/** `N` becomes the notified entity of all its endpoints together with the claim (recovery package, x-ho/C). */
export function claimCommand({ name }: KnownGateway, claim: Epoch, callAgent: Address): CommandToSend {
  const parameters = { notifiedEntity: notifiedEntity(callAgent), extensions: [writeClaim(claim)] };
  return { verb: "EPCF", endpoint: { local: "*", domain: name }, parameters, session: null };
}

/** AUEP of one endpoint that asks for nothing: the smallest command there is. */
export function pingCommand({ name, place }: KnownGateway): CommandToSend {
  return { verb: "AUEP", endpoint: { local: place.firstEndpoint, domain: name }, parameters: {}, session: null };
}

/** RFC 3435 section 3.2.2.9: `ca@[192.0.2.1]:2727`. */
export function notifiedEntity(callAgent: Address): string {
  const bracketed = callAgent.address.includes(":")
    ? formatAddress(callAgent)
    : `[${callAgent.address}]:${callAgent.port}`;
  return `ca@${bracketed}`;
}

/** Every command that changes something carries our epoch (recovery package, x-ho/E). */
export function fenced(parameters: MgcpParameters, epoch: Epoch | null): MgcpParameters {
  if (epoch === null) return parameters;
  return { ...parameters, extensions: [...(parameters.extensions ?? []), writeEpoch(epoch)] };
}
