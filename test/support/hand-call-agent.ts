/** A call agent that a test plays by hand: commands out one at a time, what it is notified of kept and accepted. */
import type { Epoch } from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import { writeEvents } from "../../firmware/protocol/mgcp/event-names.js";
import type {
  EventName,
  MgcpCommand,
  MgcpParameters,
  MgcpResponse,
  MgcpVerb,
} from "../../firmware/protocol/mgcp/message.js";
import { writeEpoch } from "../../firmware/protocol/mgcp/recovery-package.js";
import {
  type ResponseToSend,
  type TransactionTurn,
  transactionDefaults,
} from "../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../firmware/protocol/mgcp/transactions.js";
import type { SimulatedMoment, SimulatedNetwork, SimulatedNode } from "./simulated-network.js";

export class HandCallAgent implements SimulatedNode {
  readonly address: Address;
  readonly notified: { readonly endpoint: string; readonly requestIdentifier: string; readonly events: string[] }[] =
    [];
  readonly restarts: string[] = [];
  /** Every message in the order it came: `RSIP restart`, `NTFY 1`, `200`. */
  readonly heard: string[] = [];
  /** What it says to a gateway's command. */
  reply: (command: MgcpCommand) => ResponseToSend = () => accepted;
  epoch: Epoch | null = null;
  readonly #network: SimulatedNetwork;
  readonly #transactions: MgcpTransactions;
  readonly #responses = new Map<number, MgcpResponse>();
  readonly #awaited = new Map<number, (code: number) => void>();

  constructor(address: Address, network: SimulatedNetwork, random: Random) {
    this.address = address;
    this.#network = network;
    this.#transactions = new MgcpTransactions(transactionDefaults, random);
    network.listen(address, (bytes, from, at) => this.#turn(this.#transactions.receive(bytes, from, at.nowMs), at));
    network.add(this);
  }

  next(): number | null {
    return this.#transactions.next();
  }

  tick(at: SimulatedMoment): void {
    this.#turn(this.#transactions.tick(at.nowMs), at);
  }

  /** Sends a command; its answer's code is told when it comes. */
  later(to: Address, verb: MgcpVerb, name: string, parameters: MgcpParameters, answered: (code: number) => void): void {
    const [local = "", domain = ""] = name.split("@");
    const command = { verb, endpoint: { local, domain }, parameters, session: null };
    const { transactionId, sends } = this.#transactions.send(command, to, this.#network.at.nowMs);
    if (transactionId !== null) this.#awaited.set(transactionId, answered);
    for (const { bytes, to: target } of sends) this.#network.send(this.address, target, bytes);
  }

  /** Sends a command and lets the time go on until it is answered. */
  command(
    to: Address,
    verb: MgcpVerb,
    name: string,
    parameters: MgcpParameters = {},
    session: string | null = null,
  ): MgcpResponse {
    const [local = "", domain = ""] = name.split("@");
    const epoch = this.epoch === null ? [] : [writeEpoch(this.epoch)];
    const extensions = [...(parameters.extensions ?? []), ...epoch];
    const withEpoch = extensions.length === 0 ? parameters : { ...parameters, extensions };
    const command = { verb, endpoint: { local, domain }, parameters: withEpoch, session };
    const sent = this.#transactions.send(command, to, this.#network.at.nowMs);
    for (const { bytes, to: target } of sent.sends) this.#network.send(this.address, target, bytes);
    const { transactionId } = sent;
    this.#network.runUntil(() => transactionId === null || this.#responses.has(transactionId), 30_000);
    const response = this.#responses.get(transactionId ?? 0);
    if (response === undefined) throw new Error(`${verb} ${name} was not answered`);
    return response;
  }

  #turn(turn: TransactionTurn, at: SimulatedMoment): void {
    for (const { bytes, to } of turn.sends) this.#network.send(this.address, to, bytes);
    for (const event of turn.events) {
      if (event.kind === "response") {
        this.heard.push(String(event.response.code));
        this.#responses.set(event.transactionId, event.response);
        this.#awaited.get(event.transactionId)?.(event.response.code);
      }
      if (event.kind !== "command") continue;
      const { verb, endpoint, parameters } = event.command;
      this.heard.push(`${verb} ${parameters.restartMethod ?? parameters.requestIdentifier ?? ""}`.trim());
      if (verb === "NTFY")
        this.notified.push({
          endpoint: `${endpoint.local}@${endpoint.domain}`,
          requestIdentifier: parameters.requestIdentifier ?? "",
          events: (parameters.observedEvents ?? []).map(eventText),
        });
      if (verb === "RSIP") this.restarts.push(`${endpoint.local}@${endpoint.domain} ${parameters.restartMethod}`);
      const response = this.reply(event.command);
      for (const { bytes, to } of this.#transactions.respond(event.reply, response, at.nowMs))
        this.#network.send(this.address, to, bytes);
    }
  }
}

export const accepted: ResponseToSend = { code: 200, comment: "OK", parameters: {}, sessions: [] };

function eventText(event: EventName): string {
  return writeEvents([event]);
}
