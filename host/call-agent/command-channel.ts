/**
 * Commands with what each is for: MGCP transactions on one side, purposes on the other. An answer comes back with the
 * purpose of its command and the moment it was sent. A command that changes something and is refused for the moment only
 * (RFC 3661 section 2.1, temporary failure) is given again, as a new transaction, before its refusal is believed. What may
 * not be on its way to an endpoint beside another command is held until that is answered (endpoint-queues.ts). One that is
 * redirected is given once more where `claim` names a notified entity for it (redirection.ts).
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
import { EndpointQueues } from "./endpoint-queues.js";
import { isRedirection } from "./redirection.js";

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

/** Null: the redirection is to be believed. */
type Claim = (verb: MgcpVerb, response: MgcpResponse, nowMs: number) => string | null;

interface Sent<Purpose> {
  readonly gateway: string;
  readonly purpose: Purpose;
  askedAtMs: number;
  command: CommandToSend;
  readonly to: Address;
  readonly repetitions: number;
  readonly isClaimed: boolean;
}

export class CommandChannel<Purpose> {
  readonly #transactions: MgcpTransactions;
  readonly #outbox: Outbox;
  readonly #claim: Claim;
  readonly #sent = new Map<number, Sent<Purpose>>();
  readonly #queues = new EndpointQueues<Sent<Purpose>>();
  readonly #postponed = new Deadlines<Sent<Purpose>>();
  readonly #waiting = new Set<Sent<Purpose>>();

  constructor(transactions: MgcpTransactions, outbox: Outbox, claim: Claim = () => null) {
    this.#transactions = transactions;
    this.#outbox = outbox;
    this.#claim = claim;
  }

  /** False: too many commands wait already, or this one is too large. One that is held is too large when its turn comes. */
  send(
    command: CommandToSend,
    to: { readonly name: string; readonly mgcp: Address },
    purpose: Purpose,
    nowMs: number,
  ): boolean {
    for (const waiting of this.#waiting) if (waiting.gateway === to.name) this.#supersede(waiting, command);
    for (const held of this.#queues.heldFor(command)) this.#supersede(held, command);
    const place = { gateway: to.name, to: to.mgcp };
    return this.#dispatch({ ...place, purpose, askedAtMs: nowMs, command, repetitions: 0, isClaimed: false }, nowMs);
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
      if (!this.#dispatch(sent, nowMs)) turn.answers.push({ gateway, purpose, response: null, askedAtMs: nowMs });
    }
    return turn;
  }

  next(): number | null {
    return earliest(this.#transactions.next(), this.#postponed.next());
  }

  /** Gives up commands whose answers nobody wants any more. */
  forget(isUnwanted: (purpose: Purpose, gateway: string) => boolean, nowMs: number): void {
    for (const held of this.#queues.allHeld()) if (isUnwanted(held.purpose, held.gateway)) this.#drop(held);
    for (const waiting of this.#waiting) if (isUnwanted(waiting.purpose, waiting.gateway)) this.#drop(waiting);
    for (const [transactionId, sent] of this.#sent) {
      if (!isUnwanted(sent.purpose, sent.gateway)) continue;
      this.#transactions.forget(transactionId);
      this.#sent.delete(transactionId);
      this.#leave(sent, nowMs);
    }
  }

  #dispatch(sent: Sent<Purpose>, nowMs: number): boolean {
    const place = this.#queues.admit(sent);
    if (place !== "free") return place === "held";
    const isSent = this.#transmit(sent, nowMs);
    if (!isSent) this.#queues.left(sent);
    return isSent;
  }

  /** Sends what was held behind it. What cannot be sent now is tried once more, and its failure told, with the next tick. */
  #leave(sent: Sent<Purpose>, nowMs: number): void {
    for (const next of this.#queues.left(sent)) {
      if (this.#transmit(next, nowMs)) continue;
      this.#leave(next, nowMs);
      this.#postpone(next, nowMs);
    }
  }

  #transmit(sent: Sent<Purpose>, nowMs: number): boolean {
    const { transactionId, sends } = this.#transactions.send(sent.command, sent.to, nowMs);
    if (transactionId === null) return false;
    sent.askedAtMs = nowMs;
    this.#sent.set(transactionId, sent);
    this.#outbox.sendMgcp(sends);
    return true;
  }

  /** A later request replaces the earlier one of its endpoint, and what is deleted is not modified any more. */
  #supersede(waiting: Sent<Purpose>, next: CommandToSend): void {
    const { command } = waiting;
    if (command.endpoint.local !== next.endpoint.local) return;
    const isReplaced = next.verb === "RQNT" || next.parameters.requestIdentifier !== undefined;
    if (next.verb === "DLCX" && command.verb === "MDCX" && isOfSameConnection(command, next)) this.#drop(waiting);
    else if (isReplaced && command.verb === "RQNT") this.#drop(waiting);
    else if (isReplaced) waiting.command = withoutRequest(command);
  }

  #postpone(sent: Sent<Purpose>, untilMs: number): void {
    this.#waiting.add(sent);
    this.#postponed.set(sent, untilMs);
  }

  #drop(waiting: Sent<Purpose>): void {
    this.#queues.drop(waiting);
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
    this.#leave(sent, nowMs);
    const { command } = sent;
    const isRedirected = response !== null && !sent.isClaimed && isRedirection(response);
    const notifiedEntity = isRedirected ? this.#claim(command.verb, response, nowMs) : null;
    if (notifiedEntity !== null) {
      const parameters = { ...command.parameters, notifiedEntity };
      this.#postpone({ ...sent, command: { ...command, parameters }, isClaimed: true }, nowMs);
      return;
    }
    const isTemporary = response !== null && categoryOf(response.code) === "temporary failure";
    if (isTemporary && repeatedVerbs.has(command.verb) && sent.repetitions < repetitionsMax) {
      const again = { ...sent, repetitions: sent.repetitions + 1 };
      this.#postpone(again, nowMs + repeatAfterMs * 2 ** sent.repetitions);
      return;
    }
    const { gateway, purpose, askedAtMs } = sent;
    turn.answers.push({ gateway, purpose, askedAtMs, response });
  }
}

function isOfSameConnection(
  { parameters: { connectionIds: [one] = [] } }: CommandToSend,
  next: CommandToSend,
): boolean {
  const [deleted] = next.parameters.connectionIds ?? [];
  return deleted === undefined || one?.toUpperCase() === deleted.toUpperCase();
}

/** What a connection command brought along belongs to the past (RFC 3435 section 2.3.5); the rest does not. */
function withoutRequest(command: CommandToSend): CommandToSend {
  const { requestIdentifier, requestedEvents, signals, digitMap, detectEvents, ...parameters } = command.parameters;
  return { ...command, parameters };
}
