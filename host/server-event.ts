/**
 * What a call server tells the world: one JSON line each on its standard output, with `monotonicMs` and `wallMs` put on
 * by the edge. The demo, a supervisor and the operator's eye read these; nothing inside depends on them.
 */
import type { ActiveConnection, AuditProtocol, Epoch } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { CallDetailRecord } from "./cdr/call-detail-record.js";
import type { Disagreement } from "./query/agreement.js";
import type { PollFacts } from "./watch/poll-news.js";
import type { CallFinding } from "./watch/reconciliation.js";

export interface TakeoverReport {
  /** Calls that go on, by call id; how each stands now, and which protocol told it. */
  readonly recovered: readonly ReportedCall[];
  /** Calls that were over before anyone was there to see it, released; each that was answered has its record. */
  readonly endedMeanwhile: readonly EndedCall[];
  /** Half calls and unfinished ones, released. */
  readonly orphaned: readonly ReportedCall[];
  /** Calls with more connections than a call has; the surplus was released. */
  readonly conflicting: readonly ReportedCall[];
  readonly unreachable: readonly { readonly gateway: string; readonly reason: string }[];
}

export interface ReportedCall {
  readonly callId: string;
  readonly phase: CallFinding["phase"];
  readonly reason: string;
  readonly via: AuditProtocol;
  readonly connections: readonly ActiveConnection[];
}

export interface EndedCall {
  readonly callId: string;
  /** Empty where no one could tell. */
  readonly callingNumber: string;
  readonly calledNumber: string;
  readonly reason: string;
}

export interface RecoveryFacts {
  readonly from: string | null;
  /** From the last sign of life anyone had of the peer (heartbeat or witness) to the decision. */
  readonly detectMs: number;
  /** From the decision until the last gateway was audited and its calls were in hand. */
  readonly takeoverMs: number;
  /** Of each protocol that answered, the slowest gateway's audit. */
  readonly auditMs: Readonly<Partial<Record<AuditProtocol, number>>>;
  readonly connections: number;
  /** Every protocol asked has answered, and all answers are the same. */
  readonly agree: boolean;
  readonly unanswered: readonly { readonly gateway: string; readonly via: AuditProtocol; readonly reason: string }[];
  readonly disagreements: readonly Disagreement[];
  readonly report: TakeoverReport;
}

export type ServerEvent =
  | {
      readonly event: "listening";
      readonly configuredRole: "primary" | "backup";
      readonly mgcp: Address;
    }
  | { readonly event: "role"; readonly role: "starting" | "standby" | "active"; readonly reason: string }
  | {
      readonly event: "gateway-up";
      readonly gateway: string;
      /** Null: it is unfenced, for it does not have our package. */
      readonly epoch: Epoch | null;
      readonly connections: number;
    }
  | { readonly event: "gateway-down"; readonly gateway: string; readonly reason: string; readonly retryMs: number }
  /** What it said by RSIP: method, endpoints, reason. */
  | { readonly event: "gateway-restart"; readonly gateway: string; readonly reason: string }
  | {
      readonly event: "call-state";
      readonly callId: string;
      readonly state: string;
      readonly from: string;
      readonly to: string;
      readonly cause: string | null;
    }
  | ({
      readonly event: "poll";
      readonly gateway: string;
      readonly via: AuditProtocol;
      readonly ok: boolean;
      readonly reason: string | null;
      readonly ms: number;
    } & PollFacts)
  | { readonly event: "peer-up"; readonly peer: string; readonly role: string; readonly epoch: number }
  | { readonly event: "peer-late"; readonly peer: string; readonly silentMs: number }
  /** Heartbeats are missing, but a gateway still hears the peer: no takeover. */
  | { readonly event: "peer-unheard"; readonly peer: string; readonly silentMs: number }
  | { readonly event: "heartbeat-refused"; readonly reason: string }
  | { readonly event: "takeover-begin"; readonly from: string; readonly detectMs: number; readonly silentMs: number }
  | {
      readonly event: "audit";
      readonly gateway: string;
      readonly via: AuditProtocol;
      readonly ok: boolean;
      readonly reason: string | null;
      readonly ms: number;
      readonly notTold: readonly string[];
      readonly connections: readonly ActiveConnection[];
    }
  | ({ readonly event: "takeover" } & RecoveryFacts)
  /** The same after a start of our own, where nobody was taken over from. */
  | ({ readonly event: "in-charge" } & RecoveryFacts)
  | { readonly event: "cdr"; readonly cdr: CallDetailRecord }
  /** A record already written became more exact. */
  | { readonly event: "cdr-improved"; readonly cdr: CallDetailRecord }
  | { readonly event: "trouble"; readonly about: string; readonly reason: string };
