/**
 * Commands of ours on their way to a notified entity (RFC 3435 section 4.3, RFC 3991 section 2.1): one address of one name
 * after the other, until an answer comes or there is no address left. Repeating to one address and suspecting it is
 * protocol/mgcp's; what the end of a command means is its user's.
 */
import { type Address, formatAddress, sameAddress } from "#protocol/address.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { entityAddress, parseEntity } from "#protocol/mgcp/entity-name.js";
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import type {
  CommandToSend,
  ReplyHandle,
  ResponseToSend,
  TransactionEvent,
} from "#protocol/mgcp/transaction-options.js";
import type { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import type { AgentAddresses } from "./agent-addresses.js";

export interface LinkTurn<Purpose> {
  readonly sends: OutgoingDatagram[];
  /** Domain names to be looked up. */
  readonly resolves: string[];
  /** Null: nobody answered. */
  readonly ended: { readonly purpose: Purpose; readonly response: MgcpResponse | null }[];
}

interface Delivery<Purpose> {
  readonly command: CommandToSend;
  readonly purpose: Purpose;
  /** Not tried yet. */
  names: readonly string[];
  /** Of the name being tried, not tried yet. */
  addresses: Address[];
  /** Where the source of the request is one of the addresses, it comes first (section 4.1). */
  readonly preferred: Address | null;
  readonly tried: Set<string>;
  /** The name being tried, and the one being looked up. */
  name: string;
  waitsFor: string | null;
  /** Section 4.3: the last name was looked up once more, as none of its addresses answered. */
  isDoubted: boolean;
  transactionId: number | null;
}

export class AgentLink<Purpose> {
  readonly #transactions: MgcpTransactions;
  readonly #known: AgentAddresses;
  readonly #deliveries = new Set<Delivery<Purpose>>();
  readonly #byTransaction = new Map<number, Delivery<Purpose>>();

  constructor(transactions: MgcpTransactions, known: AgentAddresses) {
    this.#transactions = transactions;
    this.#known = known;
  }

  /** Commands without an end. */
  get size(): number {
    return this.#deliveries.size;
  }

  send(
    command: CommandToSend,
    names: readonly string[],
    preferred: Address | null,
    purpose: Purpose,
    nowMs: number,
  ): LinkTurn<Purpose> {
    const turn = emptyTurn<Purpose>();
    const delivery: Delivery<Purpose> = { ...freshDelivery, command, purpose, names, preferred, tried: new Set() };
    this.#deliveries.add(delivery);
    this.#advance(delivery, nowMs, turn);
    return turn;
  }

  /**
   * In one datagram with an answer, the commands first (sections 4.4.6 and 4.4.7): repeated until it is answered when
   * isRepeated, else sharing the answer's fate. Null when they cannot go together, and nothing was sent.
   */
  sendWith(
    reply: ReplyHandle,
    response: ResponseToSend,
    commands: readonly { readonly command: CommandToSend; readonly purpose: Purpose }[],
    isRepeated: boolean,
    nowMs: number,
  ): OutgoingDatagram[] | null {
    const messages = commands.map(({ command }) => ({ kind: "command", command }) as const);
    const sent = this.#transactions.sendTogether(
      [...messages, { kind: "response", reply, response }],
      reply.from,
      nowMs,
    );
    if (sent === null) return null;
    for (const [index, transactionId] of sent.transactionIds.entries()) {
      const item = commands[index];
      if (item === undefined || !isRepeated) this.#transactions.forget(transactionId);
      else this.#track({ ...freshDelivery, ...item, tried: new Set([formatAddress(reply.from)]), transactionId });
    }
    return sent.sends;
  }

  /** Section 4.3: commands on their way go to the new notified entity instead. */
  redirect(isMeant: (purpose: Purpose) => boolean, names: readonly string[], nowMs: number): LinkTurn<Purpose> {
    const turn = emptyTurn<Purpose>();
    for (const delivery of [...this.#deliveries]) {
      if (!isMeant(delivery.purpose)) continue;
      Object.assign(delivery, { names, addresses: [], name: "", waitsFor: null, isDoubted: false });
      delivery.tried.clear();
      this.#advance(delivery, nowMs, turn);
    }
    return turn;
  }

  /** Gives commands up; nobody waits for their ends. */
  forget(isUnwanted: (purpose: Purpose) => boolean): void {
    for (const delivery of [...this.#deliveries]) if (isUnwanted(delivery.purpose)) this.#leave(delivery);
  }

  /** Of the transactions' events those that concern a command of ours. */
  event(event: TransactionEvent, nowMs: number): LinkTurn<Purpose> {
    const turn = emptyTurn<Purpose>();
    if (event.kind !== "response" && event.kind !== "failed" && event.kind !== "suspected") return turn;
    const delivery = this.#byTransaction.get(event.transactionId);
    if (delivery === undefined) return turn;
    if (event.kind === "response") this.#end(delivery, event.response, turn);
    else if (event.kind === "failed") this.#end(delivery, null, turn);
    else if (event.cause === "max2" || this.#hasAlternative(delivery)) this.#advance(delivery, nowMs, turn);
    return turn;
  }

  resolved(domain: string, addresses: readonly string[], nowMs: number): LinkTurn<Purpose> {
    const turn = emptyTurn<Purpose>();
    this.#known.resolved(domain, addresses, nowMs);
    for (const delivery of [...this.#deliveries]) {
      if (delivery.waitsFor === null || parsedDomain(delivery.waitsFor) !== domain.toLowerCase()) continue;
      delivery.names = [delivery.waitsFor, ...delivery.names];
      delivery.waitsFor = null;
      this.#advance(delivery, nowMs, turn);
    }
    return turn;
  }

  /** Does the first of these names stand for this address, as far as is known? */
  isFirst(names: readonly string[], from: Address): boolean {
    const entity = parseEntity(names[0] ?? "");
    if (!entity.ok) return false;
    const address = entityAddress(entity.value);
    if (address !== null) return sameAddress(address, from);
    return entity.value.port === from.port && this.#known.has(entity.value.domain, from.address);
  }

  #hasAlternative({ names, addresses }: Delivery<Purpose>): boolean {
    return names.length > 0 || addresses.length > 0;
  }

  /** To the next address, over names that have to be looked up, to the end where there is none. */
  #advance(delivery: Delivery<Purpose>, nowMs: number, turn: LinkTurn<Purpose>): void {
    for (;;) {
      const address = delivery.addresses.shift();
      if (address !== undefined) {
        if (this.#goTo(delivery, address, nowMs, turn)) return;
        continue;
      }
      const [name = this.#doubted(delivery, nowMs), ...more] = delivery.names;
      if (name === null) break;
      delivery.names = more;
      delivery.name = name;
      const found = this.#addressesOf(name, delivery, nowMs, turn);
      if (found === null) return;
      delivery.addresses = found;
    }
    this.#end(delivery, null, turn);
  }

  /** The last name, if its addresses may be others by now. */
  #doubted(delivery: Delivery<Purpose>, nowMs: number): string | null {
    const domain = parsedDomain(delivery.name);
    if (domain === null || delivery.isDoubted) return null;
    delivery.isDoubted = true;
    return this.#known.doubt(domain, nowMs) ? delivery.name : null;
  }

  /** False when this address was tried before, or nothing more can be sent. */
  #goTo(delivery: Delivery<Purpose>, address: Address, nowMs: number, turn: LinkTurn<Purpose>): boolean {
    const key = formatAddress(address);
    if (delivery.tried.has(key)) return false;
    delivery.tried.add(key);
    if (delivery.transactionId !== null) {
      turn.sends.push(...this.#transactions.redirect(delivery.transactionId, address, nowMs));
      return true;
    }
    const sent = this.#transactions.send(delivery.command, address, nowMs);
    if (sent.transactionId === null) return false;
    delivery.transactionId = sent.transactionId;
    this.#byTransaction.set(sent.transactionId, delivery);
    turn.sends.push(...sent.sends);
    return true;
  }

  /** Null: they are being looked up. */
  #addressesOf(name: string, delivery: Delivery<Purpose>, nowMs: number, turn: LinkTurn<Purpose>): Address[] | null {
    const entity = parseEntity(name);
    if (!entity.ok) return [];
    const literal = entityAddress(entity.value);
    if (literal !== null) return [literal];
    const { domain, port } = entity.value;
    const known = this.#known.lookUp(domain, nowMs);
    if (known.kind === "known") {
      const { preferred } = delivery;
      const isPreferred = (address: Address) => preferred !== null && sameAddress(preferred, address);
      const addresses = known.addresses.map((address) => ({ address, port }));
      return [...addresses.filter(isPreferred), ...addresses.filter((address) => !isPreferred(address))];
    }
    delivery.waitsFor = name;
    if (known.kind === "ask") turn.resolves.push(domain);
    return null;
  }

  #end(delivery: Delivery<Purpose>, response: MgcpResponse | null, turn: LinkTurn<Purpose>): void {
    this.#leave(delivery);
    turn.ended.push({ purpose: delivery.purpose, response });
  }

  #leave(delivery: Delivery<Purpose>): void {
    this.#deliveries.delete(delivery);
    if (delivery.transactionId === null) return;
    this.#byTransaction.delete(delivery.transactionId);
    this.#transactions.forget(delivery.transactionId);
  }

  #track(delivery: Delivery<Purpose>): void {
    this.#deliveries.add(delivery);
    if (delivery.transactionId !== null) this.#byTransaction.set(delivery.transactionId, delivery);
  }
}

const freshDelivery = {
  names: [],
  addresses: [],
  preferred: null,
  name: "",
  waitsFor: null,
  isDoubted: false,
  transactionId: null,
};

function parsedDomain(name: string): string | null {
  const entity = parseEntity(name);
  return entity.ok ? entity.value.domain.toLowerCase() : null;
}

function emptyTurn<Purpose>(): LinkTurn<Purpose> {
  return { sends: [], resolves: [], ended: [] };
}
