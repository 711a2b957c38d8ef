/**
 * Commands with what each is for: MGCP transactions on one side, purposes on the other. An answer comes back with the
 * purpose of its command and the moment it was sent.
 */
import type { Address } from "#protocol/address.js";
import type { MgcpCommand, MgcpResponse } from "#protocol/mgcp/message.js";
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

interface Sent<Purpose> {
  readonly gateway: string;
  readonly purpose: Purpose;
  readonly askedAtMs: number;
}

export class CommandChannel<Purpose> {
  readonly #transactions: MgcpTransactions;
  readonly #outbox: Outbox;
  readonly #sent = new Map<number, Sent<Purpose>>();

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
    const { transactionId, sends } = this.#transactions.send(command, to.mgcp, nowMs);
    if (transactionId === null) return false;
    this.#sent.set(transactionId, { gateway: to.name, purpose, askedAtMs: nowMs });
    this.#outbox.sendMgcp(sends);
    return true;
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): ChannelTurn<Purpose> {
    const { sends, events } = this.#transactions.receive(bytes, from, nowMs);
    this.#outbox.sendMgcp(sends);
    return this.#turn(events);
  }

  respond(reply: ReplyHandle, response: ResponseToSend, nowMs: number): void {
    this.#outbox.sendMgcp(this.#transactions.respond(reply, response, nowMs));
  }

  tick(nowMs: number): ChannelTurn<Purpose> {
    const { sends, events } = this.#transactions.tick(nowMs);
    this.#outbox.sendMgcp(sends);
    return this.#turn(events);
  }

  next(): number | null {
    return this.#transactions.next();
  }

  /** Gives up commands whose answers nobody wants any more. */
  forget(isUnwanted: (purpose: Purpose, gateway: string) => boolean): void {
    for (const [transactionId, { purpose, gateway }] of this.#sent) {
      if (!isUnwanted(purpose, gateway)) continue;
      this.#transactions.forget(transactionId);
      this.#sent.delete(transactionId);
    }
  }

  #turn(events: readonly TransactionEvent[]): ChannelTurn<Purpose> {
    const turn: ChannelTurn<Purpose> = { answers: [], commands: [] };
    for (const event of events) {
      if (event.kind === "command") turn.commands.push(event);
      else if (event.kind === "response") this.#answered(event.transactionId, event.response, turn);
      else if (event.kind === "failed") this.#answered(event.transactionId, null, turn);
    }
    return turn;
  }

  #answered(transactionId: number, response: MgcpResponse | null, turn: ChannelTurn<Purpose>): void {
    const sent = this.#sent.get(transactionId);
    if (sent === undefined) return;
    this.#sent.delete(transactionId);
    turn.answers.push({ ...sent, response });
  }
}
