/**
 * The calls in hand, from the first command to the last answer: each is a value, moved by what happens to its lines, its
 * connections and its gateways (call.ts), and what a step asks for is handed on. Lines outside calls are call-agent's, calls
 * that are over billing-desk's.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines } from "#protocol/deadlines.js";
import type { MgcpCommand, MgcpResponse } from "#protocol/mgcp/message.js";
import { readOrigin } from "#protocol/mgcp/recovery-package.js";
import { inferredInstant, witnessedInstant } from "../cdr/call-time.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { CallFinding } from "../watch/reconciliation.js";
import { adoptedCall, type SightingOf, withFoundLeg } from "./adopted-call.js";
import { type Purpose, strayCommand } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import type { BillingDesk } from "./billing-desk.js";
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
import type { ConnectionDesk } from "./connection-desk.js";
import type { DialPlan, PlannedLine } from "./dial-plan.js";
import type { LineDesk } from "./line-desk.js";
import type { LineRequest } from "./line-request.js";
import { type LiveCall, tagOf, unknownCall, withStatistics } from "./live-call.js";

type CallPurpose = Extract<Purpose, { readonly kind: "call" }>;

export interface CallBookOptions {
  /** A call that rings longer is released (RFC 3660 section 2.1, G/rt: 180 s by default). */
  readonly noAnswerMs: number;
}

/** What must be known of gateways, which are not the call agent's own. */
export interface GatewayDirectory {
  isUp(gateway: string): boolean;
  /** Up, and the gateway has not said that it takes this endpoint out of service. */
  isInService(gateway: string, endpoint: string): boolean;
  bootIdOf(gateway: string): string;
}

export interface CallBookParts {
  readonly plan: DialPlan;
  readonly gateways: GatewayDirectory;
  readonly book: JournalBook;
  readonly random: Random;
  readonly lines: LineDesk;
  readonly connections: ConnectionDesk;
  readonly billing: BillingDesk;
}

export class CallBook {
  readonly #options: CallBookOptions;
  readonly #parts: CallBookParts;
  readonly #calls = new Map<string, LiveCall>();
  readonly #unanswered = new Deadlines<string>();

  constructor(options: CallBookOptions, parts: CallBookParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** As they stand. */
  get all(): LiveCall[] {
    return [...this.#calls.values()];
  }

  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** What a connection of this call would be tagged with; empty where the call is not in hand. */
  tagOf(callId: string): string {
    const live = this.#calls.get(callId);
    return live === undefined ? "" : tagOf(live);
  }

  begin(calling: PlannedLine, called: PlannedLine, at: Moment, turn: AgentTurn): void {
    const started = startCall(this.#newCallId(), legOf(calling), legOf(called));
    const live: LiveCall = {
      ...unknownCall,
      call: started.call,
      device: calling.number,
      bootId: this.#parts.gateways.bootIdOf(calling.gateway),
      setup: witnessedInstant(at.nowMs),
      setupWallMs: at.wallMs,
    };
    this.#calls.set(live.call.callId, live);
    this.#occupy(live, "originating", true);
    this.#occupy(live, "terminating", false);
    this.#take(live, started, at, turn);
  }

  /**
   * `request`: what the Notify's identifier tells the line was asked; null where it tells nothing, as where another server
   * asked it to ring. Before its ringing was asked for, the handset was lifted to call somebody.
   */
  pickedUp(callId: string, side: Side, request: LineRequest | null, at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    if (request !== "ringing" && (request !== null || live.call.state.name !== "ringing")) return;
    if (side === "terminating" && isRinging(live.call.state)) {
      this.#calls.set(callId, { ...live, witnessedAnswer: witnessedInstant(at.nowMs), answerWallMs: at.wallMs });
    }
    this.#input(callId, { kind: "off-hook", side }, at, turn);
  }

  hungUp(callId: string, side: Side, at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    this.#calls.set(callId, { ...live, witnessedEnd: live.witnessedEnd ?? witnessedInstant(at.nowMs) });
    this.#input(callId, { kind: "on-hook", side }, at, turn);
  }

  unreachable(callId: string, at: Moment, turn: AgentTurn): void {
    this.#input(callId, { kind: "unreachable" }, at, turn);
  }

  /** Null: no answer came. */
  answered(purpose: CallPurpose, response: MgcpResponse | null, at: Moment, turn: AgentTurn): void {
    const { callId, step } = purpose;
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    const outcome = this.#parts.connections.answered(live, purpose, response, turn);
    if (outcome === "done" && response !== null) this.#done(live, step, response, at, turn);
    else if (outcome === "refused") this.#failed(live, step, response, at, turn);
    else if (outcome === "off-hook" || outcome === "on-hook") {
      if (outcome === "on-hook") this.hungUp(callId, step.side, at, turn);
      else this.unreachable(callId, at, turn);
      const now = this.#calls.get(callId);
      if (now !== undefined && !this.#parts.connections.again(now, step, turn))
        this.#failed(now, step, response, at, turn);
    }
  }

  /** Takes a found call over, and releases what cannot go on. */
  adopt(finding: CallFinding, sightingOf: SightingOf, at: Moment, turn: AgentTurn): void {
    if (finding.kind === "waiting" || this.has(finding.callId)) return;
    for (const { connection } of finding.surplus) turn.commands.push(strayCommand(connection));
    const { plan, gateways } = this.#parts;
    const live = adoptedCall(finding, plan, (gateway) => gateways.bootIdOf(gateway), sightingOf, at);
    const { callId } = finding;
    this.#calls.set(callId, live);
    for (const side of sides) this.#occupy(live, side, side === "originating" || finding.phase !== "ringing");
    if (finding.kind === "orphaned") this.#input(callId, { kind: "release", cause: "server-released" }, at, turn);
    else if (finding.kind !== "ended" && finding.phase === "answered")
      this.#take(live, answerRecovered(live.call), at, turn);
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

  /** What the line of a call is to hear as the call stands. */
  requestOf(callId: string, side: Side): LineRequest {
    const state = this.#calls.get(callId)?.call.state;
    if (state === undefined || !isRinging(state)) return "silence";
    if (side === "terminating") return "ringing";
    return state.name === "creating-terminating" ? "silence" : "ringback";
  }

  tick(at: Moment, turn: AgentTurn): void {
    for (const callId of this.#unanswered.takeDue(at.nowMs)) this.#input(callId, { kind: "no-answer" }, at, turn);
  }

  next(): number | null {
    return this.#unanswered.next();
  }

  /** Without touching them. */
  forget(): void {
    for (const callId of this.#calls.keys()) this.#unanswered.clear(callId);
    this.#calls.clear();
  }

  #newCallId(): string {
    for (;;) {
      const callId = randomHex(this.#parts.random, 16);
      if (!this.#calls.has(callId)) return callId;
    }
  }

  #occupy({ call }: LiveCall, side: Side, offHook: boolean): void {
    this.#parts.lines.occupy(call.legs[side], call.callId, side, offHook);
  }

  /** Hook events that only the journal told; those already acted upon fit no state any more. */
  #replay(callId: string, at: Moment, turn: AgentTurn): void {
    for (const { gateway, endpoint, kind } of this.#parts.book.eventsOf(callId)) {
      const legs = this.#calls.get(callId)?.call.legs;
      const side = sides.find((one) => legs?.[one].gateway === gateway && legs[one].endpoint === endpoint);
      if (legs === undefined || side === undefined || kind === "off-hook") continue;
      const phase = this.#parts.lines.phase(legs[side]);
      if (phase.name === "in-call" && phase.callId === callId) this.#parts.lines.hook(legs[side], kind === "answer");
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
      else if (step.kind === "free") this.#parts.connections.free(call, step.side, step.cause, at.nowMs, turn);
      else this.#parts.connections.order(live, step, turn);
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
    this.#parts.billing.take(live, (gateway) => this.#parts.gateways.isUp(gateway), at, turn);
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
