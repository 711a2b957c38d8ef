/**
 * The transaction layer (RFC 3261 section 17 with RFC 6026) over datagrams: retransmissions, the absorbing of those of
 * the far side, and the matching of responses, ACK and CANCEL to what they belong to. It is told bytes and the time and
 * gives datagrams to send and events for the user; the state machines are in transaction-steps.ts. One for each
 * socket; the gateway and every telephone and query own theirs.
 */
import type { Address } from "../address.js";
import { type Random, randomHex } from "../chance.js";
import type { OutgoingDatagram } from "../datagram.js";
import { Deadlines } from "../deadlines.js";
import { responseTo } from "./build.js";
import { emptyBody, messageBytesMax, type SipRequest, type SipResponse, tagOf, type Via } from "./message.js";
import { parseSip } from "./parse.js";
import type { SipOutput, SipPeer, TransactionKey } from "./sip-output.js";
import {
  acknowledge,
  acknowledgementKey,
  branchCookie,
  cancellation,
  clientKey,
  clientKeyOf,
  replyPeer,
  serverKey,
  withSource,
} from "./transaction-matching.js";
import {
  type ClientHappening,
  type ClientState,
  type ServerHappening,
  type ServerState,
  type Step,
  type StepOptions,
  startInviteClient,
  startInviteServer,
  startNonInviteClient,
  startNonInviteServer,
  stepInviteClient,
  stepInviteServer,
  stepNonInviteClient,
  stepNonInviteServer,
  type TransactionAction,
  type TransactionTimes,
  transactionTimers,
  transactionTimes,
} from "./transaction-steps.js";
import { writeSip } from "./write.js";

export interface SipTransactionsOptions {
  /** Via's sent-by: the address and port this socket listens on. */
  readonly sentBy: Address;
  /** Of clients and of servers, each; transactionsMaxDefault unless told. */
  readonly transactionsMax?: number;
  readonly times?: TransactionTimes;
}

export const transactionsMaxDefault = 10_000;

export type SipEvent =
  /** A new request (never ACK or CANCEL). Answer it with `respond`; its Via already holds received and rport. */
  | { readonly kind: "request"; readonly key: TransactionKey; readonly request: SipRequest; readonly from: Address }
  /** The INVITE of this key was cancelled; the CANCEL is already answered. Answer the INVITE with 487. */
  | { readonly kind: "cancel"; readonly key: TransactionKey }
  /** The ACK of a 2xx given to this key; may come more than once. */
  | { readonly kind: "ack"; readonly key: TransactionKey; readonly request: SipRequest }
  /** 64*T1 went by without an ACK of a final response: the dialog of a 2xx should be ended by BYE (section 13.3.1.4). */
  | { readonly kind: "unacknowledged"; readonly key: TransactionKey }
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
    }
  | { readonly kind: "malformed"; readonly reason: string; readonly from: Address };

/** What to send and what happened, in order. */
export interface SipTurn {
  readonly sends: readonly OutgoingDatagram[];
  readonly events: readonly SipEvent[];
}

interface Client {
  readonly key: TransactionKey;
  readonly reference: string;
  readonly request: SipRequest;
  readonly to: SipPeer;
  bytes: Uint8Array;
  state: ClientState;
  cancelWanted: boolean;
}

interface Server {
  readonly key: TransactionKey;
  readonly request: SipRequest;
  readonly to: SipPeer;
  bytes: Uint8Array | null;
  /** Tag of the last response that had one; the answer to a CANCEL has the same (section 9.2). */
  toTag: string | null;
  state: ServerState;
}

interface Turn {
  readonly nowMs: number;
  readonly sends: OutgoingDatagram[];
  readonly events: SipEvent[];
}

export class SipTransactions {
  readonly #options: Required<SipTransactionsOptions>;
  readonly #random: Random;
  readonly #clients = new Map<TransactionKey, Client>();
  readonly #servers = new Map<TransactionKey, Server>();
  /** Completed non-INVITE servers, the oldest first: they only absorb repetitions, and go when room is short. */
  readonly #forgettable = new Set<TransactionKey>();
  /** INVITE clients by reference, for cancel. */
  readonly #invites = new Map<string, TransactionKey>();
  /** INVITE servers that wait for the ACK of their 2xx. */
  readonly #unacknowledged = new Map<string, TransactionKey>();
  readonly #deadlines = new Deadlines<string>();

  constructor(options: SipTransactionsOptions, random: Random) {
    this.#options = { transactionsMax: transactionsMaxDefault, times: transactionTimes, ...options };
    this.#random = random;
  }

  /**
   * Starts a client transaction. The request has no Via; this transaction's is put on it. A `failed` event is among
   * the events when it cannot be sent. The reference comes back in every event of it.
   */
  request(request: SipRequest, to: SipPeer, nowMs: number, reference = ""): SipTurn & { readonly key: TransactionKey } {
    const turn = newTurn(nowMs);
    const key = this.#startClient(request, to, reference, turn);
    return { ...turn, key };
  }

  /** Answers a server transaction; an unknown or already answered one is left alone. */
  respond(key: TransactionKey, response: SipResponse, nowMs: number): readonly OutgoingDatagram[] {
    const turn = newTurn(nowMs);
    this.#respond(key, response, turn);
    return turn.sends;
  }

  /** Carries out what users of this layer want done, in order. */
  perform(outputs: readonly SipOutput[], nowMs: number): SipTurn {
    const turn = newTurn(nowMs);
    for (const output of outputs) {
      switch (output.kind) {
        case "respond":
          this.#respond(output.key, output.response, turn);
          break;
        case "request":
          this.#startClient(output.request, output.to, output.reference, turn);
          break;
        case "ack":
          turn.sends.push({ bytes: writeSip(this.#stamped(output.request, output.to).request), to: output.to });
          break;
        case "cancel":
          this.#cancel(output.reference, turn);
          break;
      }
    }
    return turn;
  }

  /** One datagram, or one whole message of a stream (then `reliable`). */
  receive(bytes: Uint8Array, from: Address, nowMs: number, reliable = false): SipTurn {
    const turn = newTurn(nowMs);
    const message = parseSip(bytes);
    if (!message.ok) {
      turn.events.push({ kind: "malformed", reason: message.reason, from });
      if (message.refusal !== null) sendStateless(message.refusal, from, reliable, turn);
    } else if (message.value.kind === "response") this.#receiveResponse(message.value, from, turn);
    else this.#receiveRequest(message.value, from, reliable, turn);
    return turn;
  }

  tick(nowMs: number): SipTurn {
    const turn = newTurn(nowMs);
    for (const name of this.#deadlines.takeDue(nowMs)) {
      const timer = transactionTimers.find((candidate) => name.startsWith(`${candidate} `));
      if (timer === undefined) continue;
      const key = name.slice(timer.length + 1);
      const client = this.#clients.get(key);
      const server = this.#servers.get(key);
      if (client !== undefined) this.#stepClient(client, { kind: "timer", timer }, turn);
      if (server !== undefined) this.#stepServer(server, { kind: "timer", timer }, turn);
    }
    return turn;
  }

  next(): number | null {
    return this.#deadlines.next();
  }

  /** Transactions held at this moment, clients and servers. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** The request with a Via of ours on it. */
  #stamped(request: SipRequest, to: SipPeer): { readonly request: SipRequest; readonly branch: string } {
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

  #startClient(unsent: SipRequest, to: SipPeer, reference: string, turn: Turn): TransactionKey {
    const { request, branch } = this.#stamped(unsent, to);
    const key = clientKey(branch, request.method);
    const bytes = writeSip(request);
    if (bytes.length > messageBytesMax) turn.events.push({ kind: "failed", key, reference, reason: "too large" });
    else if (this.#clients.size >= this.#options.transactionsMax)
      turn.events.push({ kind: "failed", key, reference, reason: "too many transactions" });
    else
      this.#addClient({ key, reference, request, to, bytes, state: { name: "terminated" }, cancelWanted: false }, turn);
    return key;
  }

  #addClient(client: Client, turn: Turn): void {
    const isInvite = client.request.method === "INVITE";
    this.#clients.set(client.key, client);
    if (isInvite) this.#invites.set(client.reference, client.key);
    const options = this.#stepOptions(client.to);
    this.#applyToClient(client, isInvite ? startInviteClient(options) : startNonInviteClient(options), null, turn);
  }

  #cancel(reference: string, turn: Turn): void {
    const client = this.#clients.get(this.#invites.get(reference) ?? "");
    if (client === undefined) return;
    client.cancelWanted = true;
    this.#cancelWhenAllowed(client, turn);
  }

  /** Section 9.1: a CANCEL may follow only once a provisional response has come, and is useless after a final one. */
  #cancelWhenAllowed(invite: Client, turn: Turn): void {
    if (!invite.cancelWanted || invite.state.name !== "proceeding") return;
    invite.cancelWanted = false;
    const request = cancellation(invite.request);
    const key = invite.key.replace(/INVITE$/, "CANCEL");
    const { reference, to } = invite;
    const bytes = writeSip(request);
    this.#addClient({ key, reference, request, to, bytes, state: { name: "terminated" }, cancelWanted: false }, turn);
    this.#deadlines.set(`cancelled ${invite.key}`, turn.nowMs + 64 * this.#options.times.t1Ms);
  }

  #receiveResponse(response: SipResponse, from: Address, turn: Turn): void {
    const client = this.#clients.get(clientKeyOf(response) ?? "");
    if (client === undefined) return;
    const happening: ClientHappening = { kind: "response", status: response.status };
    this.#stepClient(client, happening, turn, { response, from });
    this.#cancelWhenAllowed(client, turn);
  }

  #receiveRequest(received: SipRequest, from: Address, reliable: boolean, turn: Turn): void {
    const known = this.#servers.get(serverKey(received, received.method));
    if (received.method === "ACK") this.#receiveAck(received, turn);
    else if (known !== undefined) this.#stepServer(known, { kind: "request" }, turn);
    else if (this.#hasRoom()) this.#startServer(received, from, reliable, turn);
    else {
      const toTag = randomHex(this.#random, 8);
      sendStateless(responseTo(received, 503, { toTag, headers: { retryAfterSeconds: 10 } }), from, reliable, turn);
    }
  }

  #startServer(received: SipRequest, from: Address, reliable: boolean, turn: Turn): void {
    const key = serverKey(received, received.method);
    const via = withSource(received.headers.via, from);
    const request: SipRequest = { ...received, headers: { ...received.headers, via } };
    const to = replyPeer(received.headers.via, from, reliable);
    const server: Server = { key, request: skeleton(request), to, bytes: null, toTag: null, state: { name: "trying" } };
    this.#servers.set(key, server);
    const first = request.method === "INVITE" ? startInviteServer() : startNonInviteServer();
    this.#applyToServer(server, first, null, turn);
    if (request.method === "CANCEL") this.#answerCancel(server, received, turn);
    else turn.events.push({ kind: "request", key, request, from });
  }

  #receiveAck(request: SipRequest, turn: Turn): void {
    const invite = this.#servers.get(serverKey(request, "INVITE"));
    const accepted = this.#servers.get(this.#unacknowledged.get(acknowledgementKey(request)) ?? "");
    const server = accepted ?? invite;
    if (server !== undefined) this.#stepServer(server, { kind: "ack" }, turn, request);
  }

  /** Section 9.2. */
  #answerCancel(server: Server, received: SipRequest, turn: Turn): void {
    const invite = this.#servers.get(serverKey(received, "INVITE"));
    const toTag = invite?.toTag ?? randomHex(this.#random, 8);
    this.#respond(server.key, responseTo(server.request, invite === undefined ? 481 : 200, { toTag }), turn);
    if (invite?.state.name === "proceeding") turn.events.push({ kind: "cancel", key: invite.key });
  }

  #respond(key: TransactionKey, response: SipResponse, turn: Turn): void {
    const server = this.#servers.get(key);
    if (server === undefined) return;
    if (server.state.name !== "trying" && server.state.name !== "proceeding") return;
    const written = writeSip(response);
    server.bytes = written.length <= messageBytesMax ? written : writeSip(responseTo(server.request, 500));
    server.toTag = tagOf(response.headers.to) ?? server.toTag;
    this.#stepServer(server, { kind: "respond", status: response.status }, turn);
  }

  #hasRoom(): boolean {
    if (this.#servers.size < this.#options.transactionsMax) return true;
    const [oldest] = this.#forgettable;
    if (oldest === undefined) return false;
    this.#forget(oldest);
    return true;
  }

  #stepClient(
    client: Client,
    happening: ClientHappening,
    turn: Turn,
    answer: { readonly response: SipResponse; readonly from: Address } | null = null,
  ): void {
    const step = client.request.method === "INVITE" ? stepInviteClient : stepNonInviteClient;
    this.#applyToClient(client, step(client.state, happening, this.#stepOptions(client.to)), answer, turn);
  }

  #stepServer(server: Server, happening: ServerHappening, turn: Turn, ack: SipRequest | null = null): void {
    const isInvite = server.request.method === "INVITE";
    const step = isInvite ? stepInviteServer : stepNonInviteServer;
    this.#applyToServer(server, step(server.state, happening, this.#stepOptions(server.to)), ack, turn);
    if (!isInvite && server.state.name === "completed") this.#forgettable.add(server.key);
  }

  #applyToClient(
    client: Client,
    step: Step<ClientState>,
    answer: { readonly response: SipResponse; readonly from: Address } | null,
    turn: Turn,
  ): void {
    const { key, reference, to } = client;
    client.state = step.state;
    for (const action of step.actions) {
      if (action.kind === "send") turn.sends.push({ bytes: client.bytes, to });
      else if (action.kind === "deliver" && answer !== null)
        turn.events.push({ kind: "response", key, reference, ...answer });
      else if (action.kind === "send-ack" && answer !== null)
        turn.sends.push({ bytes: writeSip(acknowledge(client.request, answer.response)), to });
      else if (action.kind === "timed-out") turn.events.push({ kind: "failed", key, reference, reason: "timeout" });
      else this.#setTimer(key, action, turn);
    }
    if (step.state.name === "terminated") this.#forget(key);
  }

  #applyToServer(server: Server, step: Step<ServerState>, ack: SipRequest | null, turn: Turn): void {
    const { key, request, to } = server;
    server.state = step.state;
    for (const action of step.actions) {
      if (action.kind === "send") {
        if (server.bytes !== null) turn.sends.push({ bytes: server.bytes, to });
      } else if (action.kind === "send-trying") {
        server.bytes = writeSip(responseTo(request, 100));
        turn.sends.push({ bytes: server.bytes, to });
      } else if (action.kind === "deliver" && ack !== null) turn.events.push({ kind: "ack", key, request: ack });
      else if (action.kind === "timed-out") turn.events.push({ kind: "unacknowledged", key });
      else this.#setTimer(key, action, turn);
    }
    if (step.state.name === "accepted") this.#unacknowledged.set(acknowledgementKey(request), key);
    if (step.state.name === "terminated") this.#forget(key);
  }

  #setTimer(key: TransactionKey, action: TransactionAction, turn: Turn): void {
    if (action.kind === "start") this.#deadlines.set(`${action.timer} ${key}`, turn.nowMs + action.afterMs);
    else if (action.kind === "stop") this.#deadlines.clear(`${action.timer} ${key}`);
  }

  #forget(key: TransactionKey): void {
    const client = this.#clients.get(key);
    const server = this.#servers.get(key);
    if (client !== undefined && this.#invites.get(client.reference) === key) this.#invites.delete(client.reference);
    if (server !== undefined) {
      const waiting = acknowledgementKey(server.request);
      if (this.#unacknowledged.get(waiting) === key) this.#unacknowledged.delete(waiting);
    }
    this.#clients.delete(key);
    this.#servers.delete(key);
    this.#forgettable.delete(key);
    for (const timer of transactionTimers) this.#deadlines.clear(`${timer} ${key}`);
  }

  #stepOptions(to: SipPeer): StepOptions {
    return { ...this.#options.times, reliable: to.reliable === true };
  }
}

/** What answering and matching need of a request; the rest, whatever its size, is not kept. */
function skeleton(request: SipRequest): SipRequest {
  const { via, from, to, callId, cseq, recordRoute } = request.headers;
  const routes = recordRoute === undefined ? {} : { recordRoute };
  return { ...request, headers: { via, from, to, callId, cseq, ...routes }, body: emptyBody };
}

function newTurn(nowMs: number): Turn {
  return { nowMs, sends: [], events: [] };
}

/** A response without a transaction (section 8.2.7): each repetition of the request is answered anew. */
function sendStateless(response: SipResponse, from: Address, reliable: boolean, turn: Turn): void {
  const via = withSource(response.headers.via, from);
  const stamped: SipResponse = { ...response, headers: { ...response.headers, via } };
  turn.sends.push({ bytes: writeSip(stamped), to: replyPeer(response.headers.via, from, reliable) });
}
