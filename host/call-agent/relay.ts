/**
 * Two connections on one packet relay endpoint, for two RTP peers that this server tells where to send: created one after
 * the other, either handed over to another place, deleted together. Pure: answers go in, commands come out. Not a call
 * between lines (call.ts), and it neither repeats nor times anything (mgcp/transactions).
 *
 *   CRCX relay/$ (description of one peer) ──Z:, I:──► CRCX relay/7 (the other's) ──I:──► up ──MDCX: handed over──► up
 *                                                                                         └──DLCX, DLCX: P:──► released
 *
 * RFC 3435 section 2.1.2 has "$" for any endpoint; a gateway that refuses it is asked by "*" (osmo-mgw knows only that).
 */
import type { EndpointName, MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import { writeTag } from "#protocol/mgcp/recovery-package.js";
import type { CommandToSend } from "#protocol/mgcp/transaction-options.js";
import type { RecordedStatistics } from "../cdr/call-detail-record.js";
import { type ConnectionPolicy, localOptions } from "./agent-command.js";
import { toldStatistics } from "./live-call.js";

export const relaySides = ["first", "second"] as const;
export type RelaySide = (typeof relaySides)[number];

export interface RelayPlan {
  /** Domain name. */
  readonly gateway: string;
  /** All terms of the endpoints' names but the last, with the slash behind them: `relay/`, `rtpbridge/`. */
  readonly prefix: string;
  readonly callId: string;
  readonly policy: ConnectionPolicy;
  /** Null for a gateway that does not know our package. */
  readonly tag: string | null;
}

type LegPhase = "none" | "creating" | "up" | "modifying" | "deleting" | "gone";

export interface RelayLeg {
  readonly phase: LegPhase;
  readonly connectionId: string | null;
  /** Description of the peer as last sent to the gateway; null while it is not known. */
  readonly remote: string | null;
  /** One that came while a command was under way, sent when that is answered (section 4.4.4, rule 3). */
  readonly wanted: string | null;
  /** The gateway's own description. */
  readonly session: string | null;
  /** As told with the deletion. */
  readonly statistics: RecordedStatistics | null;
}

export interface Relay {
  readonly plan: RelayPlan;
  /** Local name; with a wildcard until the gateway has chosen. */
  readonly endpoint: string;
  readonly legs: Readonly<Record<RelaySide, RelayLeg>>;
  readonly isReleasing: boolean;
}

export interface RelayPurpose {
  readonly side: RelaySide;
  readonly verb: "CRCX" | "MDCX" | "DLCX";
}

export interface RelayTurn {
  readonly relay: Relay;
  readonly commands: readonly { readonly purpose: RelayPurpose; readonly command: CommandToSend }[];
  /** What the gateway did not do, in words. */
  readonly refusal: string | null;
}

/** Null: the peer is not known yet; its leg receives only, until it is handed over to one. */
export function startRelay(plan: RelayPlan, remotes: Readonly<Record<RelaySide, string | null>>): RelayTurn {
  const leg = (side: RelaySide): RelayLeg => ({ ...newLeg, remote: remotes[side] });
  const legs = { first: leg("first"), second: leg("second") };
  return create({ plan, endpoint: `${plan.prefix}$`, legs, isReleasing: false }, "first", null);
}

export function isUp({ legs, isReleasing }: Relay): boolean {
  return !isReleasing && relaySides.every((side) => legs[side].phase === "up");
}

export function isReleased({ legs, isReleasing }: Relay): boolean {
  return isReleasing && relaySides.every((side) => legs[side].phase === "none" || legs[side].phase === "gone");
}

/** A leg goes on with another peer, whose description this is. Of several that come at once the last holds. */
export function handOver(relay: Relay, side: RelaySide, remote: string): RelayTurn {
  const { phase } = relay.legs[side];
  if (relay.isReleasing || phase === "gone") return quiet(relay);
  if (phase === "none") return quiet(withLeg(relay, side, { remote }));
  if (phase !== "up") return quiet(withLeg(relay, side, { wanted: remote }));
  const { connectionId } = relay.legs[side];
  const connectionIds = connectionId === null ? [] : [connectionId];
  const modified = withLeg(relay, side, { phase: "modifying", remote, wanted: null });
  return withCommand(modified, side, "MDCX", { connectionIds, mode: "sendrecv" }, remote);
}

/** What is being created meanwhile is deleted when its name is known. */
export function releaseRelay(relay: Relay, refusal: string | null = null): RelayTurn {
  let turn = { ...quiet({ ...relay, isReleasing: true }), refusal };
  for (const side of relaySides) if (relay.legs[side].phase === "up") turn = joined(turn, remove(turn.relay, side));
  return turn;
}

/** `response` null: none came, and what became of the command is not known. */
export function relayAnswered(relay: Relay, { side, verb }: RelayPurpose, response: MgcpResponse | null): RelayTurn {
  const isDone = response !== null && response.code >= 200 && response.code < 300;
  const refusal = isDone ? null : refusalOf(verb, response);
  if (verb === "DLCX") {
    const statistics = response === null ? null : toldStatistics(response);
    return { ...quiet(withLeg(relay, side, { phase: "gone", statistics })), refusal };
  }
  if (verb === "MDCX") return modified(relay, side, isDone ? response : null, refusal);
  if (isDone) return created(relay, side, response);
  const isUnknownWildcard = response !== null && relay.endpoint === `${relay.plan.prefix}$`;
  if (isUnknownWildcard && !relay.isReleasing)
    return create({ ...relay, endpoint: `${relay.plan.prefix}*` }, side, null);
  return releaseRelay(withLeg(relay, side, { phase: "gone" }), refusal);
}

function created(relay: Relay, side: RelaySide, { parameters, sessions }: MgcpResponse): RelayTurn {
  const connectionId = parameters.connectionIds?.[0];
  const chosen = parameters.endpointIds?.[0]?.local ?? relay.endpoint;
  if (connectionId === undefined || sessions[0] === undefined || /[$*]/.test(chosen)) {
    return releaseRelay(withLeg(relay, side, { phase: "gone" }), "CRCX: the answer lacks I:, Z: or a description");
  }
  const known = withLeg({ ...relay, endpoint: chosen }, side, { phase: "up", connectionId, session: sessions[0] });
  if (relay.isReleasing) return remove(known, side);
  const more = sendWanted(known, side);
  return side === "first" ? joined(more, create(more.relay, "second", null)) : more;
}

function modified(relay: Relay, side: RelaySide, response: MgcpResponse | null, refusal: string | null): RelayTurn {
  const session = response?.sessions[0] ?? relay.legs[side].session;
  const known = withLeg(relay, side, { phase: "up", session });
  return { ...(relay.isReleasing ? remove(known, side) : sendWanted(known, side)), refusal };
}

function sendWanted(relay: Relay, side: RelaySide): RelayTurn {
  const { wanted } = relay.legs[side];
  return wanted === null ? quiet(relay) : handOver(relay, side, wanted);
}

/** "inactive" is not for every gateway, but receiving only is (osmo-mgw answers 517 to the first). */
function create(relay: Relay, side: RelaySide, refusal: string | null): RelayTurn {
  const { remote } = relay.legs[side];
  const mode = remote === null ? "recvonly" : "sendrecv";
  const parameters = { localOptions: localOptions(relay.plan.policy), mode };
  return { ...withCommand(withLeg(relay, side, { phase: "creating" }), side, "CRCX", parameters, remote), refusal };
}

function remove(relay: Relay, side: RelaySide): RelayTurn {
  const { connectionId } = relay.legs[side];
  const connectionIds = connectionId === null ? [] : [connectionId];
  return withCommand(withLeg(relay, side, { phase: "deleting" }), side, "DLCX", { connectionIds }, null);
}

function withCommand(
  relay: Relay,
  side: RelaySide,
  verb: RelayPurpose["verb"],
  more: MgcpParameters,
  session: string | null,
): RelayTurn {
  const { gateway: domain, callId, tag } = relay.plan;
  const endpoint: EndpointName = { local: relay.endpoint, domain };
  const tagged = tag === null || verb === "DLCX" ? {} : { extensions: [writeTag(tag)] };
  const command = { verb, endpoint, parameters: { callId, ...more, ...tagged }, session };
  return { relay, commands: [{ purpose: { side, verb }, command }], refusal: null };
}

const newLeg: RelayLeg = {
  phase: "none",
  connectionId: null,
  remote: null,
  wanted: null,
  session: null,
  statistics: null,
};

function quiet(relay: Relay): RelayTurn {
  return { relay, commands: [], refusal: null };
}

function joined(before: RelayTurn, after: RelayTurn): RelayTurn {
  return {
    relay: after.relay,
    commands: [...before.commands, ...after.commands],
    refusal: before.refusal ?? after.refusal,
  };
}

function withLeg(relay: Relay, side: RelaySide, known: Partial<RelayLeg>): Relay {
  return { ...relay, legs: { ...relay.legs, [side]: { ...relay.legs[side], ...known } } };
}

function refusalOf(verb: RelayPurpose["verb"], response: MgcpResponse | null): string {
  return response === null ? `${verb}: no answer` : `${verb}: ${response.code} ${response.comment}`.trim();
}
