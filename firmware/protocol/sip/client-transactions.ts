/**
 * The client side of the transaction layer (RFC 3261 section 17.1, RFC 6026): our requests until their final answers,
 * and CANCEL (section 9.1). One table for INVITE and the others; the state machines are in transaction-steps.ts.
 */
import type { Address } from "../address.js";
import { type Random, randomHex } from "../chance.js";
import type { Deadlines } from "../deadlines.js";
import { messageBytesMax, type SipRequest, type SipResponse, type Via } from "./message.js";
import type { SipPeer, TransactionKey } from "./sip-output.js";
import { acknowledge, branchCookie, cancellation, clientKey, clientKeyOf } from "./transaction-matching.js";
import {
  type ClientHappening,
  type ClientState,
  type Step,
  type StepOptions,
  startInviteClient,
  startNonInviteClient,
  stepInviteClient,
  stepNonInviteClient,
  type TransactionTimer,
  type TransactionTimes,
} from "./transaction-steps.js";
import { clearTimers, type DeadlineName, outgoing, setTimer, type Turn } from "./transaction-turn.js";
import { writeSip } from "./write.js";

export type ClientEvent =
  /** An answer to a request of ours; a 2xx to INVITE comes with each of its repetitions, acknowledge every one. */
  | {
      readonly kind: "response";
      readonly key: TransactionKey;
      readonly reference: string;
      readonly response: SipResponse;
      readonly from: Address;
    }
  /** No final answer will come to this request of ours. `timeout` counts as 408 (section 8.1.3.1). */
  | {
      readonly kind: "failed";
      readonly key: TransactionKey;
      readonly reference: string;
      readonly reason: "timeout" | "too many transactions" | "too large";
    };

export interface ClientTransactionsOptions {
  readonly sentBy: Address;
  readonly transactionsMax: number;
  readonly times: TransactionTimes;
  readonly streamBytesMax: number;
}

interface Client {
  readonly key: TransactionKey;
  readonly reference: string;
  readonly request: SipRequest;
  readonly to: SipPeer;
  readonly bytes: Uint8Array;
  state: ClientState;
  cancelWanted: boolean;
}

interface Answer {
  readonly response: SipResponse;
  readonly from: Address;
}

export class ClientTransactions {
  readonly #options: ClientTransactionsOptions;
  readonly #random: Random;
  readonly #deadlines: Deadlines<DeadlineName>;
  readonly #clients = new Map<TransactionKey, Client>();
  /** INVITEs by reference, for cancel. */
  readonly #invites = new Map<string, TransactionKey>();

  constructor(options: ClientTransactionsOptions, random: Random, deadlines: Deadlines<DeadlineName>) {
    this.#options = options;
    this.#random = random;
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#clients.size;
  }

  start(unsent: SipRequest, to: SipPeer, reference: string, turn: Turn<ClientEvent>): TransactionKey {
    const { request, branch } = this.#stamp(unsent, to);
    const key = clientKey(branch, request.method);
    const bytes = writeSip(request);
    const bytesMax = to.reliable === true ? this.#options.streamBytesMax : messageBytesMax;
    if (bytes.length > bytesMax) turn.events.push({ kind: "failed", key, reference, reason: "too large" });
    else if (this.#clients.size >= this.#options.transactionsMax)
      turn.events.push({ kind: "failed", key, reference, reason: "too many transactions" });
    else this.#add({ key, reference, request, to, bytes, state: { name: "terminated" }, cancelWanted: false }, turn);
    return key;
  }

  /** A request without a transaction: the ACK of a 2xx. */
  sendAlone(request: SipRequest, to: SipPeer, turn: Turn<ClientEvent>): void {
    turn.sends.push(outgoing(writeSip(this.#stamp(request, to).request), to));
  }

  cancel(reference: string, turn: Turn<ClientEvent>): void {
    const client = this.#clients.get(this.#invites.get(reference) ?? "");
    if (client === undefined) return;
    client.cancelWanted = true;
    this.#cancelWhenAllowed(client, turn);
  }

  /** A response that matches nothing is dropped (RFC 6026 section 7.2), and one that went astray (RFC 3261 section 8.1.3.3). */
  receive(response: SipResponse, from: Address, turn: Turn<ClientEvent>): void {
    const client = this.#clients.get(clientKeyOf(response) ?? "");
    if (client === undefined || response.headers.via.length > 1) return;
    this.#step(client, { kind: "response", status: response.status }, { response, from }, turn);
    this.#cancelWhenAllowed(client, turn);
  }

  timer(key: TransactionKey, timer: TransactionTimer, turn: Turn<ClientEvent>): void {
    const client = this.#clients.get(key);
    if (client !== undefined) this.#step(client, { kind: "timer", timer }, null, turn);
  }

  /** The request with a Via of ours alone on it (section 18.1.1, RFC 3581 section 3). */
  #stamp(request: SipRequest, to: SipPeer): { readonly request: SipRequest; readonly branch: string } {
    const branch = branchCookie + randomHex(this.#random, 20);
    const via: Via = {
      transport: to.reliable === true ? "TCP" : "UDP",
      host: this.#options.sentBy.address,
      port: this.#options.sentBy.port,
      parameters: [
        { name: "rport", value: null },
        { name: "branch", value: branch },
      ],
    };
    return { request: { ...request, headers: { ...request.headers, via: [via] } }, branch };
  }

  #add(client: Client, turn: Turn<ClientEvent>): void {
    const isInvite = client.request.method === "INVITE";
    this.#clients.set(client.key, client);
    if (isInvite) this.#invites.set(client.reference, client.key);
    const options = this.#stepOptions(client);
    this.#apply(client, isInvite ? startInviteClient(options) : startNonInviteClient(options), null, turn);
  }

  /** Section 9.1: a CANCEL may follow only once a provisional response has come, and is useless after a final one. */
  #cancelWhenAllowed(invite: Client, turn: Turn<ClientEvent>): void {
    if (!invite.cancelWanted || invite.state.name !== "proceeding") return;
    invite.cancelWanted = false;
    const request = cancellation(invite.request);
    const key = invite.key.replace(/INVITE$/, "CANCEL");
    const { reference, to } = invite;
    const bytes = writeSip(request);
    this.#add({ key, reference, request, to, bytes, state: { name: "terminated" }, cancelWanted: false }, turn);
    this.#deadlines.set(`cancelled ${invite.key}`, turn.nowMs + 64 * this.#options.times.t1Ms);
  }

  #step(client: Client, happening: ClientHappening, answer: Answer | null, turn: Turn<ClientEvent>): void {
    const step = client.request.method === "INVITE" ? stepInviteClient : stepNonInviteClient;
    this.#apply(client, step(client.state, happening, this.#stepOptions(client)), answer, turn);
  }

  #apply(client: Client, step: Step<ClientState>, answer: Answer | null, turn: Turn<ClientEvent>): void {
    const { key, reference, to } = client;
    client.state = step.state;
    for (const action of step.actions) {
      if (action.kind === "send") turn.sends.push(outgoing(client.bytes, to));
      else if (action.kind === "deliver" && answer !== null)
        turn.events.push({ kind: "response", key, reference, ...answer });
      else if (action.kind === "send-ack" && answer !== null)
        turn.sends.push(outgoing(writeSip(acknowledge(client.request, answer.response)), to));
      else if (action.kind === "timed-out") turn.events.push({ kind: "failed", key, reference, reason: "timeout" });
      else setTimer(this.#deadlines, key, action, turn.nowMs);
    }
    if (step.state.name === "terminated") this.#forget(client);
  }

  #forget({ key, reference }: Client): void {
    this.#clients.delete(key);
    if (this.#invites.get(reference) === key) this.#invites.delete(reference);
    clearTimers(this.#deadlines, key);
  }

  #stepOptions({ to }: Client): StepOptions {
    return { ...this.#options.times, reliable: to.reliable === true };
  }
}
