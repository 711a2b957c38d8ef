/**
 * The server side of the transaction layer (RFC 3261 section 17.2, RFC 6026): requests of others until our final answer
 * has arrived, with the matching of ACK and CANCEL. One table for INVITE and the others; the state machines are in
 * transaction-steps.ts.
 */
import type { Address } from "../address.js";
import { type Random, randomHex } from "../chance.js";
import type { Deadlines } from "../deadlines.js";
import { responseTo } from "./build.js";
import { emptyBody, messageBytesMax, type SipRequest, type SipResponse, tagOf } from "./message.js";
import type { SipPeer, TransactionKey } from "./sip-output.js";
import { acknowledgementKey, replyPeer, serverKey, withSource } from "./transaction-matching.js";
import {
  type ServerHappening,
  type ServerState,
  type Step,
  type StepOptions,
  startInviteServer,
  startNonInviteServer,
  stepInviteServer,
  stepNonInviteServer,
  type TransactionTimer,
  type TransactionTimes,
} from "./transaction-steps.js";
import { clearTimers, type DeadlineName, outgoing, setTimer, type Turn } from "./transaction-turn.js";
import { writeSip } from "./write.js";

export type ServerEvent =
  /** A new request (never ACK or CANCEL). Answer it with `respond`; its Via already holds received and rport. */
  | { readonly kind: "request"; readonly key: TransactionKey; readonly request: SipRequest; readonly from: SipPeer }
  /** The INVITE of this key was cancelled; the CANCEL is already answered. Answer the INVITE with 487. */
  | { readonly kind: "cancel"; readonly key: TransactionKey }
  /** The ACK of a 2xx given to this key; may come more than once. */
  | { readonly kind: "ack"; readonly key: TransactionKey; readonly request: SipRequest }
  /** 64*T1 went by without an ACK of a final response: the dialog of a 2xx should be ended by BYE (section 13.3.1.4). */
  | { readonly kind: "unacknowledged"; readonly key: TransactionKey };

export interface ServerTransactionsOptions {
  readonly transactionsMax: number;
  readonly times: TransactionTimes;
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

const retryAfterSeconds = 10;
/** Section 8.2.7: without a transaction, each repetition must be answered with the same tag. It makes no dialog. */
const statelessTag = "no-room";

export class ServerTransactions {
  readonly #options: ServerTransactionsOptions;
  readonly #random: Random;
  readonly #deadlines: Deadlines<DeadlineName>;
  readonly #servers = new Map<TransactionKey, Server>();
  /**
   * Servers that gave their final answer, the oldest first, but for a 2xx to INVITE: they only repeat it and absorb
   * repetitions, and go when room is short.
   */
  readonly #forgettable = new Set<TransactionKey>();
  /** INVITE servers that gave a 2xx, by what its ACK will name. */
  readonly #accepted = new Map<string, TransactionKey>();

  constructor(options: ServerTransactionsOptions, random: Random, deadlines: Deadlines<DeadlineName>) {
    this.#options = options;
    this.#random = random;
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#servers.size;
  }

  receive(request: SipRequest, from: Address, reliable: boolean, turn: Turn<ServerEvent>): void {
    const known = this.#servers.get(serverKey(request, request.method));
    if (request.method === "ACK") this.#receiveAck(request, turn);
    else if (known !== undefined) this.#step(known, { kind: "request" }, null, turn);
    else if (this.#hasRoom()) this.#start(request, from, reliable, turn);
    else {
      const busy = responseTo(request, 503, { toTag: statelessTag, headers: { retryAfterSeconds } });
      this.sendAlone(busy, from, reliable, turn);
    }
  }

  /** A response without a transaction (section 8.2.7): each repetition of the request is answered anew. */
  sendAlone(response: SipResponse, from: Address, reliable: boolean, turn: Turn<ServerEvent>): void {
    const via = withSource(response.headers.via, from);
    const stamped: SipResponse = { ...response, headers: { ...response.headers, via } };
    turn.sends.push(outgoing(writeSip(stamped), replyPeer(response.headers.via, from, reliable)));
  }

  /** An unknown transaction, or one that has had its final response, is left alone. */
  respond(key: TransactionKey, response: SipResponse, turn: Turn<ServerEvent>): void {
    const server = this.#servers.get(key);
    if (server === undefined) return;
    if (server.state.name !== "trying" && server.state.name !== "proceeding") return;
    const written = writeSip(response);
    server.bytes = written.length <= messageBytesMax ? written : writeSip(responseTo(server.request, 500));
    server.toTag = tagOf(response.headers.to) ?? server.toTag;
    this.#step(server, { kind: "respond", status: response.status }, null, turn);
  }

  timer(key: TransactionKey, timer: TransactionTimer, turn: Turn<ServerEvent>): void {
    const server = this.#servers.get(key);
    if (server !== undefined) this.#step(server, { kind: "timer", timer }, null, turn);
  }

  #start(received: SipRequest, from: Address, reliable: boolean, turn: Turn<ServerEvent>): void {
    const key = serverKey(received, received.method);
    const via = withSource(received.headers.via, from);
    const request: SipRequest = { ...received, headers: { ...received.headers, via } };
    const to = replyPeer(received.headers.via, from, reliable);
    const server: Server = { key, request: skeleton(request), to, bytes: null, toTag: null, state: { name: "trying" } };
    this.#servers.set(key, server);
    const isInvite = request.method === "INVITE";
    this.#apply(server, isInvite ? startInviteServer() : startNonInviteServer(this.#stepOptions(server)), null, turn);
    if (request.method === "CANCEL") this.#answerCancel(server, received, turn);
    else turn.events.push({ kind: "request", key, request, from: reliable ? { ...from, reliable } : from });
  }

  #receiveAck(ack: SipRequest, turn: Turn<ServerEvent>): void {
    const key = this.#accepted.get(acknowledgementKey(ack)) ?? serverKey(ack, "INVITE");
    const server = this.#servers.get(key);
    if (server !== undefined) this.#step(server, { kind: "ack" }, ack, turn);
  }

  /** Section 9.2. */
  #answerCancel(server: Server, received: SipRequest, turn: Turn<ServerEvent>): void {
    const invite = this.#servers.get(serverKey(received, "INVITE"));
    const toTag = invite?.toTag ?? randomHex(this.#random, 8);
    this.respond(server.key, responseTo(server.request, invite === undefined ? 481 : 200, { toTag }), turn);
    if (invite?.state.name === "proceeding") turn.events.push({ kind: "cancel", key: invite.key });
  }

  #hasRoom(): boolean {
    if (this.#servers.size < this.#options.transactionsMax) return true;
    const [oldest] = this.#forgettable;
    const server = this.#servers.get(oldest ?? "");
    if (server !== undefined) this.#forget(server);
    return server !== undefined;
  }

  #step(server: Server, happening: ServerHappening, ack: SipRequest | null, turn: Turn<ServerEvent>): void {
    const isInvite = server.request.method === "INVITE";
    const step = isInvite ? stepInviteServer : stepNonInviteServer;
    this.#apply(server, step(server.state, happening, this.#stepOptions(server)), ack, turn);
    if (server.state.name === "completed" || server.state.name === "confirmed") this.#forgettable.add(server.key);
  }

  #apply(server: Server, step: Step<ServerState>, ack: SipRequest | null, turn: Turn<ServerEvent>): void {
    const { key, request, to } = server;
    server.state = step.state;
    for (const action of step.actions) {
      if (action.kind === "send-trying") server.bytes = writeSip(responseTo(request, 100));
      if (action.kind === "send" || action.kind === "send-trying") {
        if (server.bytes !== null) turn.sends.push(outgoing(server.bytes, to));
      } else if (action.kind === "deliver" && ack !== null) turn.events.push({ kind: "ack", key, request: ack });
      else if (action.kind === "timed-out") turn.events.push({ kind: "unacknowledged", key });
      else setTimer(this.#deadlines, key, action, turn.nowMs);
    }
    if (step.state.name === "accepted") this.#accepted.set(acknowledgementKey(request), key);
    if (step.state.name === "terminated") this.#forget(server);
  }

  #forget({ key, request }: Server): void {
    const acknowledgement = acknowledgementKey(request);
    if (this.#accepted.get(acknowledgement) === key) this.#accepted.delete(acknowledgement);
    this.#servers.delete(key);
    this.#forgettable.delete(key);
    clearTimers(this.#deadlines, key);
  }

  #stepOptions({ to }: Server): StepOptions {
    return { ...this.#options.times, reliable: to.reliable === true };
  }
}

/** What answering and matching need of a request; the rest, whatever its size, is not kept. */
function skeleton(request: SipRequest): SipRequest {
  const { via, from, to, callId, cseq, recordRoute } = request.headers;
  const routes = recordRoute === undefined ? {} : { recordRoute };
  return { ...request, headers: { via, from, to, callId, cseq, ...routes }, body: emptyBody };
}
