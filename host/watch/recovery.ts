/**
 * One round of taking gateways into hand, from the decision until the last of them was audited or given up: it collects
 * what each protocol told and what became of each call, and makes the report. A start and a takeover are both such a
 * round.
 */
import type { AuditProtocol, GatewayAudit } from "#protocol/active-connection.js";
import { readCallTag } from "../call-agent/call-tag.js";
import type { CallDetailRecord, EndCause } from "../cdr/call-detail-record.js";
import { compareAudits } from "../query/agreement.js";
import type { AuditOutcome } from "../query/audit-query.js";
import type { EndedCall, RecoveryFacts, ReportedCall, ServerEvent, TakeoverReport } from "../server-event.js";
import type { CallFinding } from "./reconciliation.js";

export interface RecoveryCause {
  /** The server taken over from; null at a start of our own. */
  readonly from: string | null;
  readonly detectMs: number;
}

const endReasons: Readonly<Record<EndCause, string>> = {
  "calling-on-hook": "hung up",
  "called-on-hook": "hung up",
  "gateway-ended": "its gateway ended it, or died",
  "server-released": "released",
  unknown: "its connections are gone",
};

type RecoveryEvent = Extract<ServerEvent, { readonly event: "takeover" | "in-charge" }>;

export class Recovery {
  readonly #cause: RecoveryCause;
  readonly #begunAtMs: number;
  readonly #audits: GatewayAudit[] = [];
  readonly #auditMs: Partial<Record<AuditProtocol, number>> = {};
  readonly #unanswered: RecoveryFacts["unanswered"][number][] = [];
  readonly #findings: CallFinding[] = [];
  readonly #ended = new Map<string, EndedCall>();

  constructor(cause: RecoveryCause, nowMs: number) {
    this.#cause = cause;
    this.#begunAtMs = nowMs;
  }

  audited(gateway: string, via: AuditProtocol, ms: number, outcome: AuditOutcome): void {
    if (!outcome.ok) {
      this.#unanswered.push({ gateway, via, reason: outcome.reason });
      return;
    }
    this.#auditMs[via] = Math.max(this.#auditMs[via] ?? 0, ms);
    this.#audits.push(outcome.audit);
  }

  found(finding: CallFinding): void {
    if (finding.kind !== "ended") {
      this.#findings.push(finding);
      return;
    }
    const { callId, halves, reason } = finding;
    const { tag = "" } = (halves.originating ?? halves.terminating)?.connection ?? {};
    const { callingNumber, calledNumber } = readCallTag(tag);
    this.#ended.set(callId, { callId, callingNumber, calledNumber, reason });
  }

  /** A call of which nothing was left but what the journals told. */
  billed({ callId, callingNumber, calledNumber, endCause }: CallDetailRecord): void {
    this.#ended.set(callId, { callId, callingNumber, calledNumber, reason: endReasons[endCause] });
  }

  report(unreachable: TakeoverReport["unreachable"], nowMs: number): RecoveryEvent {
    const disagreements = compareAudits(this.#audits);
    const told = new Set(
      this.#audits.flatMap(({ connections }) => connections.map((row) => `${row.connectionId} ${row.gateway}`)),
    );
    const facts: RecoveryFacts = {
      from: this.#cause.from,
      detectMs: Math.round(this.#cause.detectMs),
      takeoverMs: Math.round(nowMs - this.#begunAtMs),
      auditMs: this.#auditMs,
      connections: told.size,
      agree: disagreements.length === 0 && this.#unanswered.length === 0,
      unanswered: this.#unanswered,
      disagreements,
      report: {
        recovered: this.#calls("recovered"),
        endedMeanwhile: [...this.#ended.values()],
        orphaned: this.#calls("orphaned"),
        conflicting: this.#calls("conflicting"),
        unreachable,
      },
    };
    return this.#cause.from === null ? { event: "in-charge", ...facts } : { event: "takeover", ...facts };
  }

  #calls(kind: CallFinding["kind"]): ReportedCall[] {
    return this.#findings
      .filter((finding) => finding.kind === kind)
      .map(({ callId, phase, reason, halves }) => {
        const found = [halves.originating, halves.terminating].filter((half) => half !== undefined);
        const connections = found.map(({ connection }) => connection);
        return { callId, phase, reason, via: found[0]?.via ?? "mgcp", connections };
      });
  }
}
