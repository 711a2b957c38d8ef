/**
 * Commands with what each is for: MGCP transactions on one side, purposes on the other. An answer comes back with the
 * purpose of its command and the moment it was sent. A command that changes something and is refused for the moment only
 * (RFC 3661 section 2.1, temporary failure) is given again, as a new transaction, before its refusal is believed.
 */
import type { Address } from "#protocol/address.js";
import { Deadlines, earliest } from "#protocol/deadlines.js";
import type { MgcpCommand, MgcpResponse, MgcpVerb } from "#protocol/mgcp/message.js";
import { categoryOf } from "#protocol/mgcp/return-codes.js";
import type {
  CommandToSend,
  ReplyHandle,
  ResponseToSend,
  TransactionEvent,
} from "#protocol/mgcp/transaction-options.js";
import type { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import type { Outbox } from "../server-output.js";

export interface ChannelAnswer<Purpose> {
  readonly gateway: string;
  readonly purpose: Purpose;
  /** Null: none came in time, or the command could not be sent. */
  readonly response: MgcpResponse | null;
  readonly askedAtMs: number;
}

export interface ChannelTurn<Purpose> {
  readonly answers: ChannelAnswer<Purpose>[];
  readonly commands: { readonly command: MgcpCommand; readonly from: Address; readonly reply: ReplyHandle }[];
}

/** So often, after a pause that doubles each time. */
export const repetitionsMax = 3;
export const repeatAfterMs = 250;

const repeatedVerbs: ReadonlySet<MgcpVerb> = new Set(["CRCX", "MDCX", "DLCX", "RQNT"]);

interface Sent<Purpose> {
  readonly gateway: string;
  readonly purpose: Purpose;
  readonly askedAtMs: number;
  readonly command: CommandToSend;
  readonly to: Address;
  readonly repetitions: number;
}

export class CommandChannel<Purpose> {
  readonly #transactions: MgcpTransactions;
  readonly #outbox: Outbox;
  readonly #sent = new Map<number, Sent<Purpose>>();
  readonly #postponed = new Deadlines<Sent<Purpose>>();
  readonly #waiting = new Set<Sent<Purpose>>();

  constructor(transactions: MgcpTransactions, outbox: Outbox) {
    this.#transactions = transactions;
    this.#outbox = outbox;
  }

  /** False: too many commands wait already, or this one is too large. */
  send(
    command: CommandToSend,
    to: { readonly name: string; readonly mgcp: Address },
    purpose: Purpose,
    nowMs: number,
  ): boolean {
    for (const waiting of this.#waiting) {
      if (waiting.gateway === to.name && isSuperseded(waiting.command, command)) this.#drop(waiting);
    }
    const sent = { gateway: to.name, purpose, askedAtMs: nowMs, command, to: to.mgcp, repetitions: 0 };
    return this.#transmit(sent, nowMs);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): ChannelTurn<Purpose> {
    const { sends, events } = this.#transactions.receive(bytes, from, nowMs);
    this.#outbox.sendMgcp(sends);
    return this.#turn(events, nowMs);
  }

  respond(reply: ReplyHandle, response: ResponseToSend, nowMs: number): void {
    this.#outbox.sendMgcp(this.#transactions.respond(reply, response, nowMs));
  }

  tick(nowMs: number): ChannelTurn<Purpose> {
    const { sends, events } = this.#transactions.tick(nowMs);
    this.#outbox.sendMgcp(sends);
    const turn = this.#turn(events, nowMs);
    for (const sent of this.#postponed.takeDue(nowMs)) {
      this.#waiting.delete(sent);
      const { gateway, purpose } = sent;
      if (!this.#transmit({ ...sent, askedAtMs: nowMs }, nowMs))
        turn.answers.push({ gateway, purpose, response: null, askedAtMs: nowMs });
    }
    return turn;
  }

  next(): number | null {
    return earliest(this.#transactions.next(), this.#postponed.next());
  }

  /** Gives up commands whose answers nobody wants any more. */
  forget(isUnwanted: (purpose: Purpose, gateway: string) => boolean): void {
    for (const [transactionId, { purpose, gateway }] of this.#sent) {
      if (!isUnwanted(purpose, gateway)) continue;
      this.#transactions.forget(transactionId);
      this.#sent.delete(transactionId);
    }
    for (const waiting of this.#waiting) if (isUnwanted(waiting.purpose, waiting.gateway)) this.#drop(waiting);
  }

  #transmit(sent: Sent<Purpose>, nowMs: number): boolean {
    const { transactionId, sends } = this.#transactions.send(sent.command, sent.to, nowMs);
    if (transactionId === null) return false;
    this.#sent.set(transactionId, sent);
    this.#outbox.sendMgcp(sends);
    return true;
  }

  #drop(waiting: Sent<Purpose>): void {
    this.#waiting.delete(waiting);
    this.#postponed.clear(waiting);
  }

  #turn(events: readonly TransactionEvent[], nowMs: number): ChannelTurn<Purpose> {
    const turn: ChannelTurn<Purpose> = { answers: [], commands: [] };
    for (const event of events) {
      if (event.kind === "command") turn.commands.push(event);
      else if (event.kind === "response") this.#answered(event.transactionId, event.response, turn, nowMs);
      else if (event.kind === "failed") this.#answered(event.transactionId, null, turn, nowMs);
    }
    return turn;
  }

  #answered(transactionId: number, response: MgcpResponse | null, turn: ChannelTurn<Purpose>, nowMs: number): void {
    const sent = this.#sent.get(transactionId);
    if (sent === undefined) return;
    this.#sent.delete(transactionId);
    const isTemporary = response !== null && categoryOf(response.code) === "temporary failure";
    if (isTemporary && repeatedVerbs.has(sent.command.verb) && sent.repetitions < repetitionsMax) {
      const again = { ...sent, repetitions: sent.repetitions + 1 };
      this.#waiting.add(again);
      this.#postponed.set(again, nowMs + repeatAfterMs * 2 ** sent.repetitions);
      return;
    }
    const { gateway, purpose, askedAtMs } = sent;
    turn.answers.push({ gateway, purpose, askedAtMs, response });
  }
}

/** A later request replaces the earlier one of its endpoint, and what is deleted is not modified any more. */
function isSuperseded(waiting: CommandToSend, next: CommandToSend): boolean {
  if (waiting.endpoint.local !== next.endpoint.local) return false;
  return (waiting.verb === "RQNT" && next.verb === "RQNT") || (waiting.verb === "MDCX" && next.verb === "DLCX");
}
