/**
 * Sets calls up between lines of any two gateways and takes them down again. Events of lines and answers to commands go
 * in; commands, records and events for the log come out. It sends nothing, and knows neither transactions nor epochs.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines, earliest } from "#protocol/deadlines.js";
import type { MgcpCommand, MgcpResponse } from "#protocol/mgcp/message.js";
import { readOrigin } from "#protocol/mgcp/recovery-package.js";
import { inferredInstant, witnessedInstant } from "../cdr/call-time.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { FoundHalf } from "../registry/found-connection.js";
import type { CallFinding } from "../watch/reconciliation.js";
import { adoptedCall, type SightingOf, withFoundLeg } from "./adopted-call.js";
import { type ConnectionPolicy, type Purpose, strayCommand } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import { BillingDesk } from "./billing-desk.js";
import {
  answerRecovered,
  type CallInput,
  type CallLeg,
  type CallTurn,
  type ConnectionStep,
  isRinging,
  type Side,
  sides,
  startCall,
  stepCall,
} from "./call.js";
import { ConnectionDesk } from "./connection-desk.js";
import type { DialPlan, PlannedLine } from "./dial-plan.js";
import { GatewayDialects } from "./gateway-dialects.js";
import { LineDesk } from "./line-desk.js";
import { dialledDigits, type LineRequest, lastHook, observes } from "./line-request.js";
import { type LiveCall, tagOf, unknownCall, withStatistics } from "./live-call.js";

export interface CallAgentOptions {
  readonly server: string;
  readonly policy: ConnectionPolicy;
  /** A call that rings longer is released (RFC 3660 section 2.1, G/rt: 180 s by default). */
  readonly noAnswerMs: number;
  readonly digitsMs: number;
  /** Journals that have not answered by then are not waited for; their gateways tell them again later. */
  readonly billWaitMs: number;
  /** Calls beyond this get the busy tone. */
  readonly callsMax: number;
}

/** A Notify. */
type Notice = Pick<MgcpCommand, "endpoint" | "parameters">;
type CallPurpose = Extract<Purpose, { readonly kind: "call" }>;

/** What the agent must know of gateways, which are not its own. */
export interface GatewayDirectory {
  isUp(gateway: string): boolean;
  /** Up, and the gateway has not said that it takes this endpoint out of service. */
  isInService(gateway: string, endpoint: string): boolean;
  bootIdOf(gateway: string): string;
}

export class CallAgent {
  readonly #options: CallAgentOptions;
  readonly #plan: DialPlan;
  readonly #gateways: GatewayDirectory;
  readonly #book: JournalBook;
  readonly #random: Random;
  readonly #dialects = new GatewayDialects();
  readonly #lines: LineDesk;
  readonly #connections: ConnectionDesk;
  readonly #billing: BillingDesk;
  readonly #calls = new Map<string, LiveCall>();
  readonly #unanswered = new Deadlines<string>();

  constructor(
    options: CallAgentOptions,
    parts: { plan: DialPlan; gateways: GatewayDirectory; book: JournalBook; random: Random },
  ) {
    this.#options = options;
    this.#plan = parts.plan;
    this.#gateways = parts.gateways;
    this.#book = parts.book;
    this.#random = parts.random;
    this.#lines = new LineDesk({ digitsMs: options.digitsMs }, { ...parts, dialects: this.#dialects });
    this.#connections = new ConnectionDesk(options.policy, { lines: this.#lines, dialects: this.#dialects });
    this.#billing = new BillingDesk(options, parts.book);
  }

  /** From its first command until its record is written, or there is nothing to write. */
  isOpen(callId: string): boolean {
    return this.#calls.has(callId) || this.#billing.has(callId);
  }

  /** All in hand, as they stand. */
  get calls(): LiveCall[] {
    return [...this.#calls.values()];
  }

  /** Others' endpoints, and what is on them, are not this server's. */
  isLine(gateway: string, endpoint: string): boolean {
    return this.#plan.lineAt(gateway, endpoint) !== undefined;
  }

  /** Gives lines of a gateway again what it did not take for the moment. */
  askAgain(gateway: string, turn: AgentTurn): void {
    this.#lines.askAgain(gateway, turn);
  }

  /** What a connection of this call would be tagged with; empty where the call is not in hand. */
  tagOf(callId: string): string {
    const live = this.#calls.get(callId);
    return live === undefined ? "" : tagOf(live);
  }

  /** A Notify of a line. One of no line of ours is told of, and changes nothing. */
  notify(gateway: string, { endpoint, parameters }: Notice, at: Moment, turn: AgentTurn): void {
    const line = this.#plan.lineAt(gateway, endpoint.local);
    if (line === undefined) {
      const about = `${endpoint.local}@${gateway}`;
      turn.events.push({ event: "trouble", about, reason: "it notifies, and is no line of ours" });
      return;
    }
    const { observedEvents: observed = [], requestIdentifier } = parameters;
    const request = this.#lines.heard(line, requestIdentifier);
    const phase = this.#lines.phase(line);
    const [offHook, onHook, last] = [observes(observed, "hd"), observes(observed, "hu"), lastHook(observed)];
    switch (phase.name) {
      case "unknown":
        if (last !== null) this.#lines.noticed(line, last === "off-hook");
        break;
      case "idle":
        if (last === "off-hook") this.#lines.collect(line, at.nowMs, turn);
        else this.#lines.rest(line, turn);
        break;
      case "collecting":
      case "clearing":
        if (last === "on-hook") this.#lines.rest(line, turn);
        else if (onHook) this.#lines.collect(line, at.nowMs, turn);
        else if (phase.name === "collecting") this.#dial(line, dialledDigits(observed), at, turn);
        break;
      case "in-call":
        if (last !== null) this.#lines.hook(line, last === "off-hook");
        if (offHook) this.#pickedUp(phase.callId, phase.side, request === "ringing", at, turn);
        if (onHook) this.#hungUp(phase.callId, phase.side, at, turn);
        if (phase.side === "terminating" && observes(observed, "of")) this.#unreachable(phase.callId, at, turn);
        break;
    }
  }

  /** The final answer to a command, or null when there was none. `askedAtMs`: when it was sent. */
  answered(purpose: Purpose, response: MgcpResponse | null, askedAtMs: number, at: Moment, turn: AgentTurn): void {
    if (purpose.kind === "call") this.#callAnswered(purpose, response, at, turn);
    else if (purpose.kind === "line") this.#lineAnswered(purpose, response, at, turn);
    else if (purpose.kind === "bill") this.#billing.answered(purpose, response, askedAtMs, at, turn);
  }

  tick(at: Moment, turn: AgentTurn): void {
    for (const callId of this.#unanswered.takeDue(at.nowMs)) this.#input(callId, { kind: "no-answer" }, at, turn);
    this.#billing.tick(at, turn);
    this.#lines.tick(at.nowMs, turn);
  }

  next(): number | null {
    return earliest(this.#unanswered.next(), this.#billing.next(), this.#lines.next());
  }

  /** This server is no longer in charge: it forgets its calls without touching them. */
  stepDown(): void {
    for (const callId of this.#calls.keys()) this.#unanswered.clear(callId);
    this.#calls.clear();
    this.#billing.forget();
    this.#lines.forget();
    this.#dialects.forget();
  }

  /** Takes a found call over, and releases what cannot go on. */
  adopt(finding: CallFinding, sightingOf: SightingOf, at: Moment, turn: AgentTurn): void {
    if (finding.kind === "waiting" || this.isOpen(finding.callId)) return;
    for (const half of finding.surplus) this.deleteStray(half, turn);
    const live = adoptedCall(finding, this.#plan, (gateway) => this.#gateways.bootIdOf(gateway), sightingOf, at);
    const { callId } = finding;
    this.#calls.set(callId, live);
    for (const side of sides) this.#occupy(live, side, side === "originating" || finding.phase !== "ringing");
    if (finding.kind === "orphaned") this.#input(callId, { kind: "release", cause: "server-released" }, at, turn);
    else if (finding.phase === "answered") this.#take(live, answerRecovered(live.call), at, turn);
    else if (finding.phase === "ringing") this.#unanswered.set(callId, at.nowMs + this.#options.noAnswerMs);
    this.#replay(callId, at, turn);
  }

  /** Holds a gateway's truth against the calls we know: legs found, legs gone, hook events nobody notified. */
  audited(gateway: string, rows: readonly ActiveConnection[], askedAtMs: number, at: Moment, turn: AgentTurn): void {
    const byKey = new Map(rows.map((row) => [`${row.callId} ${row.endpoint}`, row]));
    for (const [callId, { call }] of [...this.#calls]) {
      for (const side of sides) {
        const { gateway: place, endpoint } = call.legs[side];
        if (place === gateway) this.#seen(callId, side, byKey.get(`${callId} ${endpoint}`), askedAtMs, at, turn);
      }
      this.#replay(callId, at, turn);
    }
  }

  /** An audit showed a leg's connection, or did not. */
  #seen(
    callId: string,
    side: Side,
    found: ActiveConnection | undefined,
    askedAtMs: number,
    at: Moment,
    turn: AgentTurn,
  ): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    const madeAtMs = live.madeAtMs[side];
    if (found !== undefined) {
      const { connectionId } = live.call.legs[side];
      const isNew = connectionId === null && live.call.state.name === "talking";
      const known = isNew ? withFoundLeg(live, side, found, at.nowMs) : live;
      this.#calls.set(callId, { ...known, seenAtMs: { ...known.seenAtMs, [side]: askedAtMs } });
    } else if (madeAtMs !== undefined && madeAtMs < askedAtMs) {
      const witnessedEnd = live.witnessedEnd ?? inferredInstant(live.seenAtMs[side] ?? madeAtMs, at.nowMs);
      this.#calls.set(callId, { ...live, witnessedEnd });
      this.#input(callId, { kind: "gone", side }, at, turn);
    }
  }

  /** Gives the wanted lines of a gateway their requests, by what each is doing. */
  takeLines(gateway: string, isWanted: (endpoint: string) => boolean, at: Moment, turn: AgentTurn): void {
    for (const line of this.#plan.lines) {
      if (line.gateway !== gateway || !isWanted(line.endpoint)) continue;
      const phase = this.#lines.phase(line);
      if (phase.name !== "in-call") this.#lines.take(line, at.nowMs, turn);
      else this.#lines.request(line, this.#requestInCall(phase.callId, phase.side), turn);
    }
  }

  /** A connection whose call nobody knows is deleted. */
  deleteStray(half: FoundHalf, turn: AgentTurn): void {
    turn.commands.push(strayCommand(half.connection));
  }

  #lineAnswered(
    purpose: Extract<Purpose, { readonly kind: "line" }>,
    response: MgcpResponse | null,
    at: Moment,
    turn: AgentTurn,
  ): void {
    const verdict = this.#lines.answered(purpose, response, at.nowMs, turn);
    const phase = this.#lines.phase(purpose);
    if (verdict === null || phase.name !== "in-call") return;
    if (verdict === "on-hook") this.#hungUp(phase.callId, phase.side, at, turn);
    else if (phase.side === "terminating") this.#unreachable(phase.callId, at, turn);
  }

  #unreachable(callId: string, at: Moment, turn: AgentTurn): void {
    this.#input(callId, { kind: "unreachable" }, at, turn);
  }

  /** A gateway deletes a connection itself (RFC 3435 section 2.3.8). False: no call has it, so it was gone before. */
  deletedByGateway(gateway: string, { endpoint, parameters }: MgcpCommand, at: Moment, turn: AgentTurn): boolean {
    const connectionId = parameters.connectionIds?.[0]?.toUpperCase();
    for (const [callId, live] of this.#calls) {
      const side = sides.find((one) => {
        const leg = live.call.legs[one];
        const isPlace = leg.gateway === gateway && leg.endpoint.toLowerCase() === endpoint.local.toLowerCase();
        return isPlace && connectionId !== undefined && leg.connectionId?.toUpperCase() === connectionId;
      });
      if (side === undefined) continue;
      const { code = 0, text = "" } = parameters.reasonCode ?? {};
      const endReason = parameters.reasonCode === undefined ? live.endReason : `${code} ${text}`.trim();
      const witnessedEnd = live.witnessedEnd ?? witnessedInstant(at.nowMs);
      this.#calls.set(callId, { ...withStatistics(live, side, { parameters }), endReason, witnessedEnd });
      this.#input(callId, { kind: "gone", side }, at, turn);
      return true;
    }
    return false;
  }

  #requestInCall(callId: string, side: Side): LineRequest {
    const state = this.#calls.get(callId)?.call.state;
    if (state === undefined || !isRinging(state)) return "silence";
    if (side === "terminating") return "ringing";
    return state.name === "creating-terminating" ? "silence" : "ringback";
  }

  #dial(line: PlannedLine, number: string, at: Moment, turn: AgentTurn): void {
    const called = this.#plan.lineOf(number);
    const isFree =
      called !== undefined &&
      this.#lines.phase(called).name === "idle" &&
      [line, called].every(({ gateway, endpoint }) => this.#gateways.isInService(gateway, endpoint));
    if (called === undefined || !isFree || this.#calls.size >= this.#options.callsMax) {
      const reason = called === undefined ? "no such number" : isFree ? "too many calls" : "busy or not reachable";
      turn.events.push({ event: "trouble", about: `${line.number} dials ${number}`, reason });
      this.#lines.clear(line, "busy-tone", turn);
      return;
    }
    const started = startCall(this.#newCallId(), legOf(line), legOf(called));
    const live: LiveCall = {
      ...unknownCall,
      call: started.call,
      device: line.number,
      bootId: this.#gateways.bootIdOf(line.gateway),
      setup: witnessedInstant(at.nowMs),
      setupWallMs: at.wallMs,
    };
    this.#calls.set(live.call.callId, live);
    this.#occupy(live, "originating", true);
    this.#occupy(live, "terminating", false);
    this.#take(live, started, at, turn);
  }

  #newCallId(): string {
    for (;;) {
      const callId = randomHex(this.#random, 16);
      if (!this.#calls.has(callId)) return callId;
    }
  }

  #occupy({ call }: LiveCall, side: Side, offHook: boolean): void {
    this.#lines.occupy(call.legs[side], call.callId, side, offHook);
  }

  /** Before its ringing was asked for, which the Notify's identifier tells, the handset was lifted to call somebody. */
  #pickedUp(callId: string, side: Side, wasRung: boolean, at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live === undefined || (live.call.state.name !== "ringing" && !wasRung)) return;
    if (side === "terminating" && isRinging(live.call.state)) {
      this.#calls.set(callId, { ...live, witnessedAnswer: witnessedInstant(at.nowMs), answerWallMs: at.wallMs });
    }
    this.#input(callId, { kind: "off-hook", side }, at, turn);
  }

  #hungUp(callId: string, side: Side, at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#calls.set(callId, { ...live, witnessedEnd: live.witnessedEnd ?? witnessedInstant(at.nowMs) });
    this.#input(callId, { kind: "on-hook", side }, at, turn);
  }

  /** Hook events that only the journal told; those already acted upon fit no state any more. */
  #replay(callId: string, at: Moment, turn: AgentTurn): void {
    for (const { gateway, endpoint, kind } of this.#book.eventsOf(callId)) {
      const legs = this.#calls.get(callId)?.call.legs;
      const side = sides.find((one) => legs?.[one].gateway === gateway && legs[one].endpoint === endpoint);
      if (legs === undefined || side === undefined || kind === "off-hook") continue;
      const phase = this.#lines.phase(legs[side]);
      if (phase.name === "in-call" && phase.callId === callId) this.#lines.hook(legs[side], kind === "answer");
      this.#input(callId, { kind: kind === "answer" ? "off-hook" : "on-hook", side }, at, turn);
    }
  }

  #input(callId: string, input: CallInput, at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live !== undefined) this.#take(live, stepCall(live.call, input), at, turn);
  }

  /** Does what a step of the call asks for. */
  #take(before: LiveCall, { call, steps }: CallTurn, at: Moment, turn: AgentTurn): void {
    const live = { ...before, call };
    this.#calls.set(call.callId, live);
    if (before.call.state.name !== call.state.name || call.state.name === "creating-originating") {
      this.#stateChanged(live, at, turn);
    }
    for (const step of steps) {
      if (step.kind === "close") this.#close(live, at, turn);
      else if (step.kind === "free") this.#connections.free(call, step.side, step.cause, at.nowMs, turn);
      else this.#connections.order(live, step, turn);
    }
  }

  #stateChanged({ call }: LiveCall, at: Moment, turn: AgentTurn): void {
    const { callId, state, legs } = call;
    if (state.name === "ringing") this.#unanswered.set(callId, at.nowMs + this.#options.noAnswerMs);
    else this.#unanswered.clear(callId);
    const cause = "cause" in state ? state.cause : null;
    const [from, to] = [legs.originating.number, legs.terminating.number];
    turn.events.push({ event: "call-state", callId, state: state.name, from, to, cause });
  }

  #close(live: LiveCall, at: Moment, turn: AgentTurn): void {
    this.#calls.delete(live.call.callId);
    this.#billing.take(live, (gateway) => this.#gateways.isUp(gateway), at, turn);
  }

  #callAnswered(purpose: CallPurpose, response: MgcpResponse | null, at: Moment, turn: AgentTurn): void {
    const { callId, step } = purpose;
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    const outcome = this.#connections.answered(live, purpose, response, turn);
    if (outcome === "done" && response !== null) this.#done(live, step, response, at, turn);
    else if (outcome === "refused") this.#failed(live, step, response, at, turn);
    else if (outcome === "off-hook" || outcome === "on-hook") {
      if (outcome === "on-hook") this.#hungUp(callId, step.side, at, turn);
      else this.#unreachable(callId, at, turn);
      const now = this.#calls.get(callId);
      if (now !== undefined && !this.#connections.again(now, step, turn)) this.#failed(now, step, response, at, turn);
    }
  }

  #done(live: LiveCall, step: ConnectionStep, response: MgcpResponse, at: Moment, turn: AgentTurn): void {
    const { callId } = live.call;
    const { side } = step;
    if (step.kind === "create") this.#created(live, side, response, at, turn);
    else if (step.kind !== "delete") this.#input(callId, { kind: "modified", side }, at, turn);
    else {
      this.#calls.set(callId, withStatistics(live, side, response));
      this.#input(callId, { kind: "deleted", side }, at, turn);
    }
  }

  #failed({ call }: LiveCall, step: ConnectionStep, response: MgcpResponse | null, at: Moment, turn: AgentTurn): void {
    const { side, kind } = step;
    const reason = response === null ? "no answer" : `${response.code} ${response.comment}`.trim();
    turn.events.push({ event: "trouble", about: `${kind} ${call.legs[side].endpoint}`, reason });
    this.#input(call.callId, { kind: "failed", side, step: kind, answered: response !== null }, at, turn);
  }

  #created(live: LiveCall, side: Side, response: MgcpResponse, at: Moment, turn: AgentTurn): void {
    const { callId } = live.call;
    const connectionId = response.parameters.connectionIds?.[0];
    const session = response.sessions[0];
    if (connectionId === undefined || session === undefined) {
      // It may be there all the same, so it is deleted by call id, as if no answer had come.
      this.#input(callId, { kind: "failed", side, step: "create", answered: false }, at, turn);
      return;
    }
    const origin = readOrigin(response.parameters);
    const station = side === "originating" && origin.ok ? origin.value : null;
    this.#calls.set(callId, {
      ...live,
      madeAtMs: { ...live.madeAtMs, [side]: at.nowMs },
      device: station?.device ?? live.device,
      deviceAddress: station?.address ?? live.deviceAddress,
    });
    this.#input(callId, { kind: "created", side, connectionId, session }, at, turn);
  }
}

function legOf(line: PlannedLine): CallLeg {
  return { ...line, connectionId: null, session: null };
}
