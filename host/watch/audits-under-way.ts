/** Audits the edge was asked to run and has not ended yet: polls, and those of a gateway that is being taken into hand. */
import type { AuditProtocol } from "#protocol/active-connection.js";
import type { Moment } from "../moment.js";
import type { KnownGateway } from "../registry/known-gateway.js";
import type { AuditSince, Outbox } from "../server-output.js";

export interface AuditUnderWay {
  readonly gateway: KnownGateway;
  readonly via: AuditProtocol;
  readonly isPoll: boolean;
  readonly askedAtMs: number;
}

export class AuditsUnderWay {
  readonly #outbox: Outbox;
  readonly #audits = new Map<number, AuditUnderWay>();
  #auditId = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** A poll, `since` what is known where that is told; who takes a gateway into hand wants to hear all from itself. */
  beginPoll(gateway: KnownGateway, since: AuditSince | null, at: Moment): void {
    this.#begin(gateway, gateway.place.poll, true, since, at);
  }

  begin(gateway: KnownGateway, via: AuditProtocol, at: Moment): void {
    this.#begin(gateway, via, false, null, at);
  }

  /** Once for each. */
  ended(auditId: number): AuditUnderWay | undefined {
    const audit = this.#audits.get(auditId);
    this.#audits.delete(auditId);
    return audit;
  }

  #begin(gateway: KnownGateway, via: AuditProtocol, isPoll: boolean, since: AuditSince | null, at: Moment): void {
    this.#auditId += 1;
    this.#audits.set(this.#auditId, { gateway, via, isPoll, askedAtMs: at.nowMs });
    const asksRecovery = gateway.hasRecovery !== false;
    this.#outbox.push({ kind: "audit", auditId: this.#auditId, gateway: gateway.name, via, asksRecovery, since });
  }
}
