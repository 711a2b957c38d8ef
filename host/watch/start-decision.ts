/**
 * What a call server becomes that has just started: nobody is pushed aside. A peer that says it is in charge, or that a
 * gateway obeys and still hears, stays so; otherwise this server is in charge, once everybody had the time to say so.
 */
import type { KnownGateway } from "../registry/known-gateway.js";
import type { Heartbeat } from "./heartbeat.js";

export interface StartCircumstances {
  /** Null for a server that stands alone. */
  readonly peer: string | null;
  /** What the peer last said of itself; null where it was not heard. */
  readonly heard: Heartbeat | null;
  readonly gateways: readonly KnownGateway[];
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** A peer that lives is heard within the first of these, and is gone after the second. */
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
}

/** Null: not yet. */
export function decideStart(
  circumstances: StartCircumstances,
): { readonly role: "standby" | "active"; readonly reason: string } | null {
  const { peer, heard, gateways, startedAtMs, nowMs, heartbeatMs, deadAfterMs } = circumstances;
  if (heard?.role === "active") return { role: "standby", reason: `${heard.server} is in charge` };
  if (nowMs < startedAtMs + deadAfterMs && !gateways.every(({ hasAnswered }) => hasAnswered)) return null;
  if (nowMs < startedAtMs + heartbeatMs) return null;
  const held = gateways.find(
    ({ link, peerHeardAgeMs }) =>
      peer !== null && link.epoch?.server === peer && peerHeardAgeMs !== null && peerHeardAgeMs < deadAfterMs,
  );
  if (held !== undefined) return { role: "standby", reason: `${held.name} obeys ${peer} and hears it` };
  return { role: "active", reason: "nobody else is in charge" };
}
