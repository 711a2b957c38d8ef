/**
 * The lines between calls: what each is asked to watch for, from the handset lifted to the number dialled, and back to
 * rest. What happens in a call is call-agent's.
 */
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines } from "#protocol/deadlines.js";
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Purpose } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import type { Side } from "./call.js";
import { type DialPlan, endpointKey, type PlannedLine } from "./dial-plan.js";
import { type LineRequest, lineParameters } from "./line-request.js";

export type LinePhase =
  /** Its gateway was not yet audited; what is seen meanwhile is kept. */
  | { readonly name: "unknown"; readonly offHook: boolean }
  | { readonly name: "idle" }
  /** Off-hook, and heard the dial tone. */
  | { readonly name: "collecting" }
  /** Until the call lets go of it. */
  | { readonly name: "in-call"; readonly callId: string; readonly side: Side; readonly offHook: boolean }
  /** Off-hook with nothing to do. */
  | { readonly name: "clearing" };

type LinePlace = Pick<PlannedLine, "gateway" | "endpoint">;

export interface LineDeskOptions {
  /** A station that dials nothing for so long gets the busy tone. */
  readonly digitsMs: number;
}

export class LineDesk {
  readonly #options: LineDeskOptions;
  readonly #plan: DialPlan;
  readonly #book: JournalBook;
  readonly #random: Random;
  readonly #phases = new Map<string, LinePhase>();
  readonly #digits = new Deadlines<LinePlace>();
  readonly #collecting = new Map<string, LinePlace>();
  /** Gateways that have no event L/of. */
  readonly #withoutFailure = new Set<string>();
  readonly #lastRequests = new Map<string, LineRequest>();

  constructor(options: LineDeskOptions, parts: { plan: DialPlan; book: JournalBook; random: Random }) {
    this.#options = options;
    this.#plan = parts.plan;
    this.#book = parts.book;
    this.#random = parts.random;
  }

  phase(line: LinePlace): LinePhase {
    return this.#phases.get(endpointKey(line.gateway, line.endpoint)) ?? { name: "unknown", offHook: false };
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
    this.#collecting.set(endpointKey(line.gateway, line.endpoint), line);
    this.#digits.set(line, nowMs + this.#options.digitsMs);
    this.request(line, "dial-tone", turn);
  }

  rest(line: LinePlace, turn: AgentTurn): void {
    this.#set(line, { name: "idle" });
    this.request(line, "idle", turn);
  }

  /** Off-hook with nothing more to come: with the busy tone, or silently. */
  clear(line: LinePlace, tone: "busy-tone" | "talking", turn: AgentTurn): void {
    this.#set(line, { name: "clearing" });
    this.request(line, tone, turn);
  }

  occupy(line: LinePlace, callId: string, side: Side, offHook: boolean): void {
    this.#set(line, { name: "in-call", callId, side, offHook });
  }

  request({ gateway, endpoint }: LinePlace, request: LineRequest, turn: AgentTurn): void {
    const tellsFailure = !this.#withoutFailure.has(gateway);
    const parameters = lineParameters(request, randomHex(this.#random, 8), this.#plan.digitMap, tellsFailure);
    this.#lastRequests.set(endpointKey(gateway, endpoint), request);
    const purpose: Purpose = { kind: "line", gateway, endpoint, request };
    turn.commands.push({ gateway, endpoint, purpose, verb: "RQNT", parameters, session: null });
  }

  /**
   * Off-hook was asked for on a line that is off-hook (401), or on-hook on one that is on-hook (402): so it is
   * (RFC 3435 section 4.4.2). Says whether the line cannot be rung.
   */
  answered(
    { gateway, endpoint, request }: Extract<Purpose, { readonly kind: "line" }>,
    response: MgcpResponse | null,
    turn: AgentTurn,
  ): "unreachable" | null {
    const line = this.#plan.lineAt(gateway, endpoint);
    if (line === undefined || response === null || response.code < 400) return null;
    const { name } = this.phase(line);
    const isLast = this.#lastRequests.get(endpointKey(gateway, endpoint)) === request;
    if (request === "ringing" && isLast && isUnknownEvent(response.code) && !this.#withoutFailure.has(gateway)) {
      this.#withoutFailure.add(gateway);
      this.request(line, request, turn);
    } else if (response.code === 401 && request === "idle") {
      if (name === "idle") this.clear(line, "talking", turn);
    } else if (response.code === 402) {
      if (name === "clearing" || name === "collecting") this.rest(line, turn);
    } else {
      const reason = `${response.code} ${response.comment}`.trim();
      turn.events.push({ event: "trouble", about: `${request} ${endpoint}@${gateway}`, reason });
      return request === "ringing" && isLast ? "unreachable" : null;
    }
    return null;
  }

  /** Gives a line that is in no call its request, as its gateway comes into hand. */
  take(line: PlannedLine, nowMs: number, turn: AgentTurn): void {
    if (this.#isOffHook(line)) this.collect(line, nowMs, turn);
    else this.rest(line, turn);
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
    this.#lastRequests.clear();
    this.#withoutFailure.clear();
    for (const line of this.#collecting.values()) this.#digits.clear(line);
    this.#collecting.clear();
  }

  #isOffHook(line: PlannedLine): boolean {
    const phase = this.phase(line);
    if (phase.name === "unknown" && phase.offHook) return true;
    return this.#book.lastEvent(line.gateway, line.endpoint)?.kind === "off-hook";
  }

  /** Whatever a line does next, the wait for its digits is over. */
  #set(line: LinePlace, phase: LinePhase): void {
    const key = endpointKey(line.gateway, line.endpoint);
    const waiting = this.#collecting.get(key);
    if (waiting !== undefined) this.#digits.clear(waiting);
    this.#collecting.delete(key);
    this.#phases.set(key, phase);
  }
}

/** 512: not equipped to detect it; 522: no such event (RFC 3435 section 2.4). */
function isUnknownEvent(code: number): boolean {
  return code === 512 || code === 522;
}
