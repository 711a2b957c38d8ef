/** The commands that concern a gateway as a whole; calls have theirs in call-agent/agent-command. */
import type { Epoch } from "#protocol/active-connection.js";
import { type Address, formatAddress } from "#protocol/address.js";
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import {
  type Acknowledgement,
  recoveryPackage,
  wholeAudit,
  writeAuditRequest,
  writeClaim,
  writeEpoch,
  writeReset,
} from "#protocol/mgcp/recovery-package.js";
import type { CommandToSend } from "#protocol/mgcp/transaction-options.js";
import type { KnownGateway } from "../registry/known-gateway.js";
import type { Purpose } from "./agent-command.js";

/** ask: for the epoch, before a claim; witness: whether it hears the peer; ping: only to be heard. */
export type ServerPurpose =
  | Purpose
  | { readonly kind: "ask" | "witness" }
  | { readonly kind: "claim" | "ping" | "acknowledge" }
  /** Whether our package is there, before it is asked by it. */
  | { readonly kind: "capabilities"; readonly for: "ask" | "witness" };

/** A gateway is asked by our package's parameters only when it is known to have it (RFC 3435 section 2.1.6). */
export function question(
  gateway: KnownGateway,
  kind: "ask" | "witness",
): { readonly command: CommandToSend; readonly purpose: ServerPurpose } {
  if (gateway.hasRecovery === true) return { command: askCommand(gateway, null), purpose: { kind } };
  const command = { ...pingCommand(gateway), parameters: { requestedInfo: ["A"] } };
  return { command, purpose: { kind: "capabilities", for: kind } };
}

/** F: A answered (section 2.3.10): package lists of all its lines. */
export function namesRecovery({ parameters }: MgcpResponse): boolean {
  const names = (parameters.capabilities ?? []).flatMap(({ packages = [] }) => packages);
  return names.some((name) => name.toLowerCase() === recoveryPackage.name);
}

/** What changed since we last knew is of no interest here, so it is narrowed to that. */
export function askCommand({ name, bootId, counter }: KnownGateway, ack: Acknowledgement | null): CommandToSend {
  const since = bootId === null || counter === null ? null : { bootId, counter };
  const extensions = [writeAuditRequest({ ...wholeAudit, since, ack })];
  return { verb: "AUEP", endpoint: { local: "*", domain: name }, parameters: { extensions }, session: null };
}

/** `N` becomes the notified entity of all its endpoints together with the claim (recovery package, x-ho/C, x-ho/Z). */
export function claimCommand(
  { name }: KnownGateway,
  claim: Epoch,
  resets: Epoch | null,
  callAgent: Address,
): CommandToSend {
  const extensions = [writeClaim(claim), ...(resets === null ? [] : [writeReset(resets)])];
  const parameters = { notifiedEntity: notifiedEntity(callAgent), extensions };
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

/**
 * To a gateway without our package: it cannot be claimed, so each request, by itself or within another command, names who
 * is notified (section 2.3.3).
 */
export function unfenced(parameters: MgcpParameters, callAgent: Address): MgcpParameters {
  const { extensions: _ours, ...standard } = parameters;
  const isRequest = parameters.requestIdentifier !== undefined;
  return isRequest ? { ...standard, notifiedEntity: notifiedEntity(callAgent) } : standard;
}

/** Every command that changes something carries our epoch (recovery package, x-ho/E). */
export function fenced(parameters: MgcpParameters, epoch: Epoch | null): MgcpParameters {
  if (epoch === null) return parameters;
  return { ...parameters, extensions: [...(parameters.extensions ?? []), writeEpoch(epoch)] };
}
