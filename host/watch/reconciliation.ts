/**
 * What a server that comes into charge makes of the connections it finds: the halves of each call are paired by call id,
 * the tag says which half is which and where the other one should be, and each call gets its outcome. Pure: rows and
 * journal in, findings out.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { otherSide, type Side, sides } from "../call-agent/call.js";
import { readCallTag, splitEndpoint } from "../call-agent/call-tag.js";
import type { JournalledEvent } from "../cdr/journal-book.js";
import type { FoundHalf, GatewayKnowledge } from "../registry/found-connection.js";

/** talking: up; answered: picked up, but not yet connected both ways; ringing; unfinished: cannot be completed. */
export type FoundPhase = "talking" | "answered" | "ringing" | "unfinished";

export interface CallFinding {
  readonly callId: string;
  readonly kind: "recovered" | "ended" | "orphaned" | "conflicting" | "waiting";
  readonly phase: FoundPhase;
  readonly reason: string;
  readonly halves: Readonly<Partial<Record<Side, FoundHalf>>>;
  /** Connections beside the two halves; to be deleted. */
  readonly surplus: readonly FoundHalf[];
}

export interface FoundCall {
  readonly callId: string;
  /** All rows with this call id, on gateways whose truth is known. */
  readonly rows: readonly FoundHalf[];
  readonly events: readonly JournalledEvent[];
}

export function reconcileCall(
  found: FoundCall,
  knowledgeOf: (gateway: string | null) => GatewayKnowledge | null,
): CallFinding {
  const { halves, surplus } = pair(found.rows);
  const phase = phaseOf(found, halves);
  const finding = { callId: found.callId, halves, surplus, phase };
  const isHungUp = wasHungUp(found, halves);
  if (halves.originating !== undefined && halves.terminating !== undefined) {
    if (isHungUp) return { ...finding, kind: "ended", reason: "hung up" };
    if (phase === "unfinished") return { ...finding, kind: "orphaned", reason: "its set-up was not finished" };
    if (surplus.length > 0)
      return { ...finding, kind: "conflicting", reason: `${surplus.length} connections too many` };
    return { ...finding, kind: "recovered", reason: "both halves found" };
  }
  const missing = otherHalf(halves);
  const knowledge = knowledgeOf(missing) ?? "up";
  const place = missing ?? "a gateway";
  if (knowledge === "pending") return { ...finding, kind: "waiting", reason: `${place} is still being asked` };
  if (isHungUp) return { ...finding, kind: "ended", reason: "hung up" };
  if (knowledge === "unreachable" && phase === "talking") {
    return { ...finding, kind: "recovered", reason: `its other half is on ${place}, which does not answer or list it` };
  }
  return { ...finding, kind: "orphaned", reason: missing === null ? "half a call" : `${missing} has no other half` };
}

function pair(rows: readonly FoundHalf[]): Pick<CallFinding, "halves" | "surplus"> {
  const halves: Partial<Record<Side, FoundHalf>> = {};
  const surplus: FoundHalf[] = [];
  for (const row of [...rows].sort((a, b) => byName(a, b) || byPromise(a, b))) {
    const likely = sideOf(row.connection);
    const side = isNamed(row.connection) || halves[likely] === undefined ? likely : otherSide(likely);
    if (halves[side] === undefined) halves[side] = row;
    else surplus.push(row);
  }
  return { halves, surplus };
}

/** A gateway without our package tells neither tag nor device: its half takes the side that is left. */
function isNamed({ tag, origin }: ActiveConnection): boolean {
  return tag !== "" || origin.device !== "";
}

function byName(a: FoundHalf, b: FoundHalf): number {
  return Number(isNamed(b.connection)) - Number(isNamed(a.connection));
}

/** What carries media goes before what is only being set up, the latest change before older ones. */
function byPromise(a: FoundHalf, b: FoundHalf): number {
  const rank = ({ connection }: FoundHalf) => ["up", "held", "setting-up", "ended"].indexOf(connection.state);
  return rank(a) - rank(b) || b.connection.changedAt - a.connection.changedAt;
}

/** By the tag; without one, by how the gateway knows the originating device. */
export function sideOf(connection: ActiveConnection): Side {
  const tag = readCallTag(connection.tag);
  const here = `${connection.endpoint}@${connection.gateway}`.toLowerCase();
  if (tag.originating.toLowerCase() === here) return "originating";
  if (tag.terminating.toLowerCase() === here) return "terminating";
  return connection.origin.from === "line" ? "originating" : "terminating";
}

/** Domain name of the gateway that should have the missing half; null when nothing says so. */
function otherHalf(halves: Readonly<Partial<Record<Side, FoundHalf>>>): string | null {
  const missing = halves.originating === undefined ? "originating" : "terminating";
  return placeOf(missing, halves)?.gateway ?? null;
}

/** Where a half is, or should be as the other's tag says. */
function placeOf(side: Side, halves: Readonly<Partial<Record<Side, FoundHalf>>>) {
  const connection = halves[side]?.connection;
  if (connection !== undefined) return connection;
  return splitEndpoint(readCallTag(halves[otherSide(side)]?.connection.tag ?? "")[side]);
}

/** By one of the two; a surplus connection's line ends no call. */
function wasHungUp({ events }: FoundCall, halves: Readonly<Partial<Record<Side, FoundHalf>>>): boolean {
  const places = sides.map((side) => placeOf(side, halves));
  return events.some(
    ({ kind, gateway, endpoint }) =>
      kind === "on-hook" && places.some((place) => place?.gateway === gateway && place.endpoint === endpoint),
  );
}

function phaseOf(found: FoundCall, halves: Readonly<Partial<Record<Side, FoundHalf>>>): FoundPhase {
  const connections = Object.values(halves).map(({ connection }) => connection);
  const carriesMedia = connections.filter(({ state }) => state === "up" || state === "held").length;
  if (carriesMedia === connections.length) return "talking";
  if (carriesMedia > 0) return "answered";
  const described = connections.length === 2 && connections.every(({ remoteMedia }) => remoteMedia !== null);
  if (!described) return "unfinished";
  const wasAnswered =
    connections.some(({ tag }) => readCallTag(tag).answerWallMs !== null) ||
    found.events.some(({ kind }) => kind === "answer");
  return wasAnswered ? "answered" : "ringing";
}
