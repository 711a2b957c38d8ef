/**
 * EPCF (RFC 3435 section 2.3.2), and what it carries of packages: the claim of package x-ho, redirection and reset (RFC
 * 3991), the lockstep timer (RFC 3992). All is checked before any of it is done.
 */

import { lockstepSecondsMax, readLockstepSeconds } from "#protocol/mgcp/lockstep-package.js";
import type { BearerInformation, MgcpCommand, MgcpParameters } from "#protocol/mgcp/message.js";
import { readClaim, readReset, recoveryCodes, writeEpoch } from "#protocol/mgcp/recovery-package.js";
import { type Redirection, readRedirection, redirectCodes } from "#protocol/mgcp/redirect-package.js";
import type { Moment } from "./call-control.js";
import type { ConnectionTable } from "./connection-table.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import type { Fencing } from "./fencing.js";
import { type Answer, accept, type FaceOutput, refuse, refuseByPackage } from "./mgcp-answer.js";
import type { MgcpConnections } from "./mgcp-connections.js";
import type { MgcpNotices } from "./mgcp-notices.js";
import type { MgcpRequests } from "./mgcp-requests.js";

/** The virtual endpoint that stands for the gateway (RFC 3991 section 2.2.1). */
export const gatewayEndpoint = "mg";

export interface MgcpConfigurationParts {
  readonly endpoints: Endpoints;
  readonly table: ConnectionTable;
  readonly fencing: Fencing;
  readonly connections: MgcpConnections;
  readonly requests: MgcpRequests;
  readonly notices: MgcpNotices;
}

/** What is to be changed, found right. */
interface Configuration {
  readonly targets: readonly Endpoint[];
  readonly bearer: BearerInformation | null;
  readonly redirection: Redirection | null;
  readonly lockstepSeconds: number | null;
}

export class MgcpConfiguration {
  readonly #parts: MgcpConfigurationParts;

  constructor(parts: MgcpConfigurationParts) {
    this.#parts = parts;
  }

  /** The bearer of an EPCF, or of one within another command (section 2.3.3); null when it is fine. */
  refusesBearer(bearer: BearerInformation | undefined, targets: readonly Endpoint[]): Answer | null {
    if (bearer === undefined) return null;
    const [unknown] = bearer.others ?? [];
    if (unknown !== undefined) return refuse(539, `bearer information ${unknown.name} is not supported`);
    const relay = targets.find(({ hasLine }) => !hasLine);
    return relay === undefined ? null : refuse(539, `${relay.local} has no bearer (B:)`);
  }

  configure(command: MgcpCommand, targets: readonly Endpoint[], at: Moment): Answer {
    const claim = readClaim(command.parameters);
    if (!claim.ok) return refuse(510, claim.reason);
    const checked = this.#check(command, targets, claim.value !== null);
    if ("response" in checked) return checked;
    if (claim.value === null) return accept({}, this.#commit(checked, at));
    const { endpoints, fencing, table } = this.#parts;
    if (targets.length < endpoints.all().length) return refuse(503, "the whole gateway is claimed: *");
    const reset = readReset(command.parameters);
    if (!reset.ok) return refuse(510, reset.reason);
    const verdict = fencing.claim(claim.value, reset.value);
    const extensions = fencing.epoch === null ? [] : [writeEpoch(fencing.epoch)];
    if (verdict.kind === "refused") return refuseByPackage(recoveryCodes.claimRefused, verdict.reason, { extensions });
    const outputs: FaceOutput[] = [{ kind: "persist-epoch", epoch: verdict.epoch }];
    const { notifiedEntity } = command.parameters;
    for (const endpoint of targets) {
      if (notifiedEntity !== undefined) endpoint.agent.set(notifiedEntity);
      if (verdict.kind === "granted") outputs.push(...this.#parts.notices.abandon(endpoint, at));
    }
    if (verdict.kind === "granted") table.touch();
    outputs.push(...this.#commit(checked, at));
    outputs.push({ kind: "log", event: "claimed", fields: { epoch: verdict.epoch, atMs: at.nowMs } });
    return accept({ extensions }, outputs);
  }

  #check(command: MgcpCommand, matching: readonly Endpoint[], isClaim: boolean): Configuration | Answer {
    const { parameters, endpoint } = command;
    const redirection = readRedirection(parameters);
    if (!redirection.ok) return refuseByPackage(redirection.code, redirection.reason, {}, "RED");
    const targets = this.#targets(endpoint.local, matching, redirection.value);
    if ("response" in targets) return targets;
    const lockstep = readLockstepSeconds(parameters);
    if (!lockstep.ok) return refuse(510, `${lockstep.reason}, at most ${lockstepSecondsMax}`);
    const bearer = parameters.bearerInformation ?? null;
    if (bearer === null && !isClaim && (parameters.extensions ?? []).length === 0)
      return refuse(510, "EPCF needs bearer information (B:)");
    const refusal = this.refusesBearer(parameters.bearerInformation, targets);
    return refusal ?? { targets, bearer, redirection: redirection.value, lockstepSeconds: lockstep.value };
  }

  /** RFC 3991 section 2.2: lists of endpoints are for the gateway's own, and it is for them. */
  #targets(
    local: string,
    matching: readonly Endpoint[],
    redirection: Redirection | null,
  ): readonly Endpoint[] | Answer {
    const named = redirection?.endpoints ?? null;
    if (local.toLowerCase() !== gatewayEndpoint) {
      if (named === null) return matching;
      return refuseByPackage(redirectCodes.incorrectUsage, `RED/EL is for ${gatewayEndpoint}@`, {}, "RED");
    }
    if (named === null) return refuseByPackage(redirectCodes.incorrectUsage, "RED/EL is missing", {}, "RED");
    const targets = new Set<Endpoint>();
    for (const name of named) {
      const found = this.#parts.endpoints.matching(name);
      if (found.length === 0) return refuse(500, `no endpoint ${name} here`);
      for (const endpoint of found) targets.add(endpoint);
    }
    return [...targets];
  }

  #commit({ targets, bearer, redirection, lockstepSeconds }: Configuration, at: Moment): FaceOutput[] {
    const { requests, notices } = this.#parts;
    const outputs: FaceOutput[] = [];
    for (const endpoint of targets) {
      if (bearer !== null) endpoint.bearer = bearer;
      if (lockstepSeconds !== null) requests.watchLockstep(endpoint, lockstepSeconds, at);
      if (redirection?.notifiedEntity != null) endpoint.agent.set(redirection.notifiedEntity);
      if (redirection?.notifiedEntityList != null) endpoint.agent.setList(redirection.notifiedEntityList);
      if (redirection?.isReset === true) outputs.push(...this.#reset(endpoint, at));
      else if (redirection !== null) outputs.push(...notices.redirected(endpoint, at));
    }
    return outputs;
  }

  /** RFC 3991 section 2.4: no connection, no signal, nothing watched for. */
  #reset(endpoint: Endpoint, at: Moment): FaceOutput[] {
    const { connections, requests, notices } = this.#parts;
    const outputs = [...notices.abandon(endpoint, at), ...connections.clear(endpoint, at)];
    endpoint.bearer = null;
    return [...outputs, ...notices.react(endpoint, requests.reset(endpoint, at), at)];
  }
}

/** N: and RED/NL as they came with a command that was carried out. */
export function redirect(endpoint: Endpoint, parameters: MgcpParameters, list: readonly string[] | null): boolean {
  if (parameters.notifiedEntity === undefined && list === null) return false;
  const before = endpoint.agent.names.join(",");
  if (parameters.notifiedEntity !== undefined) endpoint.agent.set(parameters.notifiedEntity);
  if (list !== null) endpoint.agent.setList(list);
  return endpoint.agent.names.join(",") !== before;
}
