/**
 * One way to ask a gateway what is active, whichever protocol carries the question. A query is told the time and the
 * bytes and returns what to send; io/ runs it over a socket, a simulation over a simulated network.
 */
import type { GatewayAudit } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";

/** What a query may end with; `learnt` says in words what the gateway could not tell by this protocol. */
export type AuditOutcome =
  | {
      readonly ok: true;
      readonly audit: GatewayAudit;
      readonly notTold: readonly string[];
      /** There may be connections that it does not list: one that is missing is not over. */
      readonly isPartial?: true;
      /** Datagrams sent and received, and their bytes: the price of the answer. */
      readonly cost: AuditCost;
    }
  | { readonly ok: false; readonly reason: string };

export interface AuditCost {
  readonly sent: number;
  readonly received: number;
  readonly octets: number;
}

export interface QueryTurn {
  readonly sends: readonly OutgoingDatagram[];
  /** Set once, when the query has ended. */
  readonly outcome: AuditOutcome | null;
}

export interface AuditQuery {
  start(nowMs: number): QueryTurn;
  /** isStream: a message of the stream (TCP) that a send of this query began. */
  receive(bytes: Uint8Array, from: Address, nowMs: number, isStream?: boolean): QueryTurn;
  /** That stream did not come about, or ended; queries that send none need no answer. */
  streamLost?(reason: string, nowMs: number): QueryTurn;
  tick(nowMs: number): QueryTurn;
  next(): number | null;
}
