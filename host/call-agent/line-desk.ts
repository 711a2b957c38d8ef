/**
 * The lines between calls: what each is asked to watch for, from the handset lifted to the number dialled, and back to
 * rest. What happens in a call is call-agent's; its connection commands bring the requests of lines in calls along.
 */
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines } from "#protocol/deadlines.js";
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import { categoryOf, knownCode } from "#protocol/mgcp/return-codes.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Purpose } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import type { Side } from "./call.js";
import { type DialPlan, endpointKey, type PlannedLine } from "./dial-plan.js";
import { type Ability, type GatewayDialects, lessonOf } from "./gateway-dialects.js";
import { type LineRequest, lineParameters, type WrittenRequest } from "./line-request.js";

export type LinePhase =
  /** Its gateway was not yet audited; what is seen meanwhile is kept. */
  | { readonly name: "unknown"; readonly offHook: boolean }
  /** wasSeen: it hung up; otherwise nobody knows where its handset is. */
  | { readonly name: "idle"; readonly wasSeen: boolean }
  /** Off-hook, and heard the dial tone. */
  | { readonly name: "collecting" }
  /** Until the call lets go of it. */
  | { readonly name: "in-call"; readonly callId: string; readonly side: Side; readonly offHook: boolean }
  /** Off-hook with nothing to do. */
  | { readonly name: "clearing" };

export type LinePlace = Pick<PlannedLine, "gateway" | "endpoint">;

export interface LineDeskOptions {
  /** A station that dials nothing for so long gets the busy tone. */
  readonly digitsMs: number;
}

interface GivenRequest {
  readonly request: LineRequest;
  readonly identifier: string;
  /** The gateway took it, and nothing has happened since. */
  readonly isInForce: boolean;
  /** The last one of another kind before it, which a Notify that is late may name. */
  readonly before: Pick<GivenRequest, "request" | "identifier"> | null;
}

export class LineDesk {
  readonly #options: LineDeskOptions;
  readonly #plan: DialPlan;
  readonly #book: JournalBook;
  readonly #random: Random;
  readonly #dialects: GatewayDialects;
  readonly #phases = new Map<string, LinePhase>();
  readonly #digits = new Deadlines<LinePlace>();
  readonly #collecting = new Map<string, LinePlace>();
  readonly #given = new Map<string, GivenRequest>();
  /** Requests that were not taken for the moment, and that nothing has replaced since. */
  readonly #refused = new Map<string, { readonly line: LinePlace; readonly request: LineRequest }>();

  constructor(
    options: LineDeskOptions,
    parts: { plan: DialPlan; book: JournalBook; random: Random; dialects: GatewayDialects },
  ) {
    this.#options = options;
    this.#plan = parts.plan;
    this.#book = parts.book;
    this.#random = parts.random;
    this.#dialects = parts.dialects;
  }

  phase(line: LinePlace): LinePhase {
    return this.#phases.get(keyOf(line)) ?? { name: "unknown", offHook: false };
  }

  /**
   * It notified, so its request is spent; which one it was, where it was the last (RFC 3435 section 4.4.4, rule 4) or the
   * one that this replaced. Null: nobody knows; it may be another server's.
   */
  heard(line: LinePlace, identifier: string | undefined): LineRequest | null {
    const given = this.#given.get(keyOf(line));
    const named = identifier?.toUpperCase();
    if (given === undefined || named === undefined) return null;
    if (given.before?.identifier === named) return given.before.request;
    if (given.identifier !== named) return null;
    this.#given.set(keyOf(line), { ...given, isInForce: false });
    return given.request;
  }

  /** Seen while its gateway was not in hand. */
  noticed(line: LinePlace, offHook: boolean): void {
    this.#set(line, { name: "unknown", offHook });
  }

  /** A station in a call picked up or hung up. */
  hook(line: LinePlace, offHook: boolean): void {
    const phase = this.phase(line);
    if (phase.name === "in-call") this.#set(line, { ...phase, offHook });
  }

  collect(line: LinePlace, nowMs: number, turn: AgentTurn): void {
    this.#set(line, { name: "collecting" });
    this.#collecting.set(keyOf(line), line);
    this.#digits.set(line, nowMs + this.#options.digitsMs);
    this.request(line, "dial-tone", turn);
  }

  /** It hung up. */
  rest(line: LinePlace, turn: AgentTurn): void {
    this.#set(line, { name: "idle", wasSeen: true });
    this.request(line, "idle", turn);
  }

  /** Off-hook with nothing more to come: with the busy tone, or silently. */
  clear(line: LinePlace, tone: "busy-tone" | "silence", turn: AgentTurn): void {
    this.#set(line, { name: "clearing" });
    this.request(line, tone, turn);
  }

  occupy(line: LinePlace, callId: string, side: Side, offHook: boolean): void {
    this.#set(line, { name: "in-call", callId, side, offHook });
  }

  /**
   * What a line is to be asked when its call lets go of it. A station that was lifted to call somebody itself (RFC 3435
   * section 4.4.2), or again after it hung up, goes on dialling.
   */
  afterCall(line: LinePlace, side: Side, isRefused: boolean, isUnreachable: boolean): LineRequest {
    const phase = this.phase(line);
    if (phase.name !== "in-call" || !phase.offHook) return "idle";
    const isLifted = this.#given.get(keyOf(line))?.request === "idle";
    if (isLifted || (side === "terminating" && isUnreachable)) return "dial-tone";
    return side === "originating" && isRefused ? "busy-tone" : "silence";
  }

  /** Its call lets go of it. What the deletion of its connection brought along is not asked for again. */
  release(line: LinePlace, request: LineRequest, nowMs: number, turn: AgentTurn): void {
    const given = this.#given.get(keyOf(line));
    const isAsked = given?.isInForce === true && given.request === request;
    if (request === "dial-tone") this.collect(line, nowMs, turn);
    else if (isAsked) this.#set(line, request === "idle" ? { name: "idle", wasSeen: true } : { name: "clearing" });
    else if (request === "idle") this.rest(line, turn);
    else this.clear(line, request === "busy-tone" ? "busy-tone" : "silence", turn);
  }

  request(line: LinePlace, request: LineRequest, turn: AgentTurn): void {
    const { gateway, endpoint } = line;
    const { parameters, ...written } = this.within(line, request);
    const purpose: Purpose = { kind: "line", gateway, endpoint, request, ...written };
    turn.commands.push({ gateway, endpoint, purpose, verb: "RQNT", parameters, session: null });
  }

  /** The request as a connection command brings it along. */
  within(line: LinePlace, request: LineRequest): WrittenRequest {
    const identifier = randomHex(this.#random, 8);
    const tellsFailure = this.#dialects.has(line.gateway, "failure event");
    const detects = this.#dialects.has(line.gateway, "detected events");
    const presumes: Ability[] = [];
    if (tellsFailure && request === "ringing") presumes.push("failure event");
    if (detects) presumes.push("detected events");
    const discards = this.#dialects.has(line.gateway, "quarantine handling");
    if (discards && request === "ringing") presumes.push("quarantine handling");
    const last = this.#given.get(keyOf(line));
    const before = last?.request === request ? last.before : replaced(last);
    this.#given.set(keyOf(line), { request, identifier, isInForce: false, before });
    this.#refused.delete(keyOf(line));
    const abilities = { tellsFailure, detects, discards };
    const parameters = lineParameters(request, identifier, this.#plan.digitMap, abilities);
    return { identifier, parameters, presumes };
  }

  /** A line whose request its gateway did not take would not be heard of again. */
  askAgain(gateway: string, turn: AgentTurn): void {
    for (const { line, request } of [...this.#refused.values()]) {
      if (line.gateway === gateway) this.request(line, request, turn);
    }
  }

  /** The gateway took this request. */
  accepted(line: LinePlace, identifier: string): void {
    const given = this.#given.get(keyOf(line));
    if (given?.identifier === identifier) this.#given.set(keyOf(line), { ...given, isInForce: true });
  }

  /**
   * The answer to a request. `unreachable`: the line of a call cannot be rung; `on-hook`: the station of a call has hung
   * up. The answer to a request that was replaced since says nothing.
   */
  answered(
    purpose: Extract<Purpose, { readonly kind: "line" }>,
    response: MgcpResponse | null,
    nowMs: number,
    turn: AgentTurn,
  ): "unreachable" | "on-hook" | null {
    const line = this.#plan.lineAt(purpose.gateway, purpose.endpoint);
    const { request, identifier, presumes, endpoint, gateway } = purpose;
    if (line === undefined) return null;
    const code = response === null ? null : knownCode(response.code);
    if (code !== null && code < 400) this.accepted(line, identifier);
    if ((code !== null && code < 400) || this.#given.get(keyOf(line))?.identifier !== identifier) return null;
    if (code === null || isForTheMoment(code)) this.#refused.set(keyOf(line), { line, request });
    if (response === null || code === null) return null;
    const lesson = lessonOf(code, presumes);
    if (lesson !== null) {
      this.#dialects.lacks(gateway, lesson);
      this.request(line, request, turn);
      return null;
    }
    if (code === 401 || code === 402) return this.#contradicted(line, code, nowMs, turn);
    const reason = `${response.code} ${response.comment}`.trim();
    turn.events.push({ event: "trouble", about: `${request} ${endpoint}@${gateway}`, reason });
    return request === "ringing" ? "unreachable" : null;
  }

  /** Gives a line that is in no call its request, as its gateway comes into hand. */
  take(line: PlannedLine, nowMs: number, turn: AgentTurn): void {
    if (this.#isOffHook(line)) {
      this.collect(line, nowMs, turn);
      return;
    }
    this.#set(line, { name: "idle", wasSeen: false });
    this.request(line, "idle", turn);
  }

  /** Lines that dialled nothing in time get the busy tone. */
  tick(nowMs: number, turn: AgentTurn): void {
    for (const line of this.#digits.takeDue(nowMs)) {
      if (this.phase(line).name === "collecting") this.clear(line, "busy-tone", turn);
    }
  }

  next(): number | null {
    return this.#digits.next();
  }

  forget(): void {
    this.#phases.clear();
    this.#given.clear();
    this.#refused.clear();
    for (const line of this.#collecting.values()) this.#digits.clear(line);
    this.#collecting.clear();
  }

  /**
   * RFC 3435 section 4.4.2: off-hook was asked for on a line that is off-hook (401), or on-hook on one that is on-hook
   * (402): so it is, and no Notify will tell.
   */
  #contradicted(line: LinePlace, code: 401 | 402, nowMs: number, turn: AgentTurn): "unreachable" | "on-hook" | null {
    const phase = this.phase(line);
    if (phase.name === "in-call") {
      this.hook(line, code === 401);
      return code === 401 ? "unreachable" : "on-hook";
    }
    if (code === 402 && (phase.name === "clearing" || phase.name === "collecting")) this.rest(line, turn);
    // Where it was not seen to hang up it may be in a call that its gateway does not tell of: no tone for it.
    if (code === 401 && phase.name === "idle") {
      if (phase.wasSeen) this.collect(line, nowMs, turn);
      else this.clear(line, "silence", turn);
    }
    return null;
  }

  #isOffHook(line: PlannedLine): boolean {
    const phase = this.phase(line);
    if (phase.name === "unknown" && phase.offHook) return true;
    return this.#book.lastEvent(line.gateway, line.endpoint)?.kind === "off-hook";
  }

  /** Whatever a line does next, the wait for its digits is over. */
  #set(line: LinePlace, phase: LinePhase): void {
    const key = keyOf(line);
    const waiting = this.#collecting.get(key);
    if (waiting !== undefined) this.#digits.clear(waiting);
    this.#collecting.delete(key);
    this.#phases.set(key, phase);
  }
}

/** RFC 3661 section 2.1; and an endpoint that restarts, or a command that another one has aborted. */
function isForTheMoment(code: number): boolean {
  return categoryOf(code) === "temporary failure" || code === 405 || code === 407;
}

function replaced(last: GivenRequest | undefined): GivenRequest["before"] {
  return last === undefined ? null : { request: last.request, identifier: last.identifier };
}

function keyOf({ gateway, endpoint }: LinePlace): string {
  return endpointKey(gateway, endpoint);
}
