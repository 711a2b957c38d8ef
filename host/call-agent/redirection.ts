/**
 * Return code 521 to a command of ours: the endpoint belongs to another call agent. RFC 3435 defines what follows for
 * RestartInProgress only (section 2.4), so nothing is sent to anybody else: the command is given once more, naming this
 * server, unless the one named is in charge. An agent that nobody configured is not made way for.
 */
import { type Address, sameAddress } from "#protocol/address.js";
import { entityAddress, parseEntity } from "#protocol/mgcp/entity-name.js";
import type { MgcpResponse, MgcpVerb } from "#protocol/mgcp/message.js";
import { knownCode } from "#protocol/mgcp/return-codes.js";
import { notifiedEntity } from "./gateway-command.js";

/** RFC 3435 section 2.4; unknown codes from 300 to 399 count as it. */
const redirected = 521;

/** Commands that may name a notified entity (section 3.2.2). */
const namingVerbs: ReadonlySet<MgcpVerb> = new Set(["EPCF", "CRCX", "MDCX", "DLCX", "RQNT"]);

export function isRedirection(response: MgcpResponse): boolean {
  return knownCode(response.code) === redirected;
}

/** The notified entity with which a redirected command is given once more; null: its refusal is to be believed. */
export function claimedEntity(
  verb: MgcpVerb,
  response: MgcpResponse,
  callAgent: Address,
  peer: { readonly callAgent: Address; readonly isInCharge: boolean } | null,
): string | null {
  if (!namingVerbs.has(verb)) return null;
  const entity = parseEntity(response.parameters.notifiedEntity ?? "");
  const named = entity.ok ? entityAddress(entity.value) : null;
  if (named === null) return null;
  const isFree = peer !== null && sameAddress(named, peer.callAgent) && !peer.isInCharge;
  return sameAddress(named, callAgent) || isFree ? notifiedEntity(callAgent) : null;
}
