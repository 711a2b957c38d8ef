/**
 * Calls that are over and have no record yet: the journals of both their gateways are asked for the hook events, for a
 * while, and then the record is made from what is known.
 */
import { Deadlines } from "#protocol/deadlines.js";
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import { readAuditPage } from "#protocol/mgcp/recovery-page.js";
import { billCall } from "../cdr/billing.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import { journalCommand, type Purpose } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import { type Side, sides } from "./call.js";
import { evidenceOf, type LiveCall } from "./live-call.js";

export interface BillingDeskOptions {
  readonly server: string;
  /** Journals that have not answered by then are not waited for; their gateways tell them again later. */
  readonly billWaitMs: number;
}

interface UnbilledCall {
  readonly live: LiveCall;
  /** Sides whose journal is still being asked. */
  readonly waitingFor: readonly Side[];
}

export class BillingDesk {
  readonly #options: BillingDeskOptions;
  readonly #book: JournalBook;
  readonly #calls = new Map<string, UnbilledCall>();
  readonly #due = new Deadlines<string>();

  constructor(options: BillingDeskOptions, book: JournalBook) {
    this.#options = options;
    this.#book = book;
  }

  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** `isUp`: whether a gateway can be asked. */
  take(live: LiveCall, isUp: (gateway: string) => boolean, at: Moment, turn: AgentTurn): void {
    const { callId, legs } = live.call;
    const waitingFor = sides.filter((side) => isUp(legs[side].gateway));
    this.#calls.set(callId, { live, waitingFor });
    this.#due.set(callId, at.nowMs + this.#options.billWaitMs);
    for (const side of waitingFor) turn.commands.push(journalCommand(live.call, side, null));
    if (waitingFor.length === 0) this.#bill(callId, at, turn);
  }

  answered(
    { callId, side }: Extract<Purpose, { readonly kind: "bill" }>,
    response: MgcpResponse | null,
    askedAtMs: number,
    at: Moment,
    turn: AgentTurn,
  ): void {
    const unbilled = this.#calls.get(callId);
    if (unbilled === undefined) return;
    const { live } = unbilled;
    const page = response === null ? null : readAuditPage(live.call.legs[side].gateway, response.parameters);
    if (page?.ok) {
      this.#book.learn(page.value, { askedAtMs, answeredAtMs: at.nowMs }, false);
      const [next] = page.value.next;
      if (next !== undefined) {
        turn.commands.push(journalCommand(live.call, side, next));
        return;
      }
    }
    const waitingFor = unbilled.waitingFor.filter((waiting) => waiting !== side);
    this.#calls.set(callId, { live, waitingFor });
    if (waitingFor.length === 0) this.#bill(callId, at, turn);
  }

  tick(at: Moment, turn: AgentTurn): void {
    for (const callId of this.#due.takeDue(at.nowMs)) this.#bill(callId, at, turn);
  }

  next(): number | null {
    return this.#due.next();
  }

  forget(): void {
    for (const callId of this.#calls.keys()) this.#due.clear(callId);
    this.#calls.clear();
  }

  #bill(callId: string, at: Moment, turn: AgentTurn): void {
    const unbilled = this.#calls.get(callId);
    if (unbilled === undefined) return;
    this.#due.clear(callId);
    this.#calls.delete(callId);
    const record = billCall(evidenceOf(unbilled.live, this.#book), this.#options.server, at);
    if (record !== null) turn.records.push(record);
  }
}
