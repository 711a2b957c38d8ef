/**
 * Which part this call server has, and when what it knows of the other changes it. It decides; what comes of being in
 * charge or standing by is the call server's.
 *
 *   starting ──nobody else is in charge──► active ◄──the operator's word, or its peer is gone── standby
 *       └──────────the peer is────────────► standby ◄──the peer is, with a higher epoch── active
 */
import type { KnownGateway } from "../registry/known-gateway.js";
import type { Heartbeat, HeartbeatRole } from "./heartbeat.js";

export interface ServerRoleOptions {
  readonly server: string;
  readonly configured: "primary" | "backup";
  /** Name of the other one; null for a server that stands alone. */
  readonly peer: string | null;
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
}

export interface OwnCircumstances {
  /** Highest epoch granted to this server. */
  readonly epoch: number;
  readonly gateways: readonly KnownGateway[];
}

export interface RoleChange {
  readonly to: "standby" | "active";
  readonly reason: string;
}

export class ServerRole {
  readonly #options: ServerRoleOptions;
  #name: HeartbeatRole = "starting";
  #sinceMs: number;
  #insistUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ServerRoleOptions, nowMs: number) {
    this.#options = options;
    this.#sinceMs = nowMs;
  }

  get name(): HeartbeatRole {
    return this.#name;
  }

  get isActive(): boolean {
    return this.#name === "active";
  }

  become(name: RoleChange["to"], nowMs: number): void {
    this.#name = name;
    this.#sinceMs = nowMs;
    if (name === "standby") this.#insistUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** The operator puts this server in charge: for a while a peer that says it is so too is to yield, whatever its epoch. */
  insist(nowMs: number): void {
    this.#insistUntilMs = nowMs + this.#options.deadAfterMs;
  }

  /** Is the peer to be told to yield? */
  isOpposed(peer: Heartbeat | null, nowMs: number): boolean {
    return this.isActive && peer?.role === "active" && nowMs < this.#insistUntilMs;
  }

  /** Whether what is known of the peer changes the role. `peer`: what it last said; null where it is not heard. */
  weigh(peer: Heartbeat | null, own: OwnCircumstances, nowMs: number): RoleChange | null {
    if (this.#name === "starting") return this.#start(peer, own.gateways, nowMs);
    if (peer?.role === "standby" && this.#isPrimaryInWaiting(nowMs))
      return { to: "active", reason: "the peer is a standby too" };
    if (peer?.role !== "active" || !this.isActive || this.isOpposed(peer, nowMs)) return null;
    const isLower = own.epoch < peer.epoch || (own.epoch === peer.epoch && this.#options.server > peer.server);
    return isLower ? { to: "standby", reason: `${peer.server} is in charge with epoch ${peer.epoch}` } : null;
  }

  /** When the role is to be weighed at the latest. */
  next(): number | null {
    return this.#name === "starting" ? this.#sinceMs + this.#options.deadAfterMs : null;
  }

  /**
   * Nobody is pushed aside by a start: a peer that says it is in charge, or that a gateway obeys and still hears, stays so;
   * otherwise this server is, once everybody had the time to say so.
   */
  #start(heard: Heartbeat | null, gateways: readonly KnownGateway[], nowMs: number): RoleChange | null {
    const { peer, heartbeatMs, deadAfterMs } = this.#options;
    if (heard?.role === "active") return { to: "standby", reason: `${heard.server} is in charge` };
    const sinceMs = nowMs - this.#sinceMs;
    // A peer that lives is heard within the first of these, and is gone after the second.
    if (sinceMs < heartbeatMs) return null;
    if (sinceMs < deadAfterMs && !gateways.every(({ hasAnswered }) => hasAnswered)) return null;
    const held = gateways.find(
      ({ link, peerHeardAgeMs }) =>
        peer !== null && link.epoch?.server === peer && peerHeardAgeMs !== null && peerHeardAgeMs < deadAfterMs,
    );
    if (held !== undefined) return { to: "standby", reason: `${held.name} obeys ${peer} and hears it` };
    return { to: "active", reason: "nobody else is in charge" };
  }

  /** Long enough for what the peer says to be from after this server stood by: who pushed it aside was a standby too. */
  #isPrimaryInWaiting(nowMs: number): boolean {
    const { configured, deadAfterMs } = this.#options;
    return this.#name === "standby" && configured === "primary" && nowMs - this.#sinceMs >= deadAfterMs;
  }
}
