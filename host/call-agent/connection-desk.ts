/**
 * The connection commands of calls: what each brings along for its line (RFC 3435 sections 2.3.5 to 2.3.7), what becomes of
 * that when it is refused, and what a line is asked when its connection is gone. What an answer means for the call is
 * call-agent's.
 */
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import { knownCode } from "#protocol/mgcp/return-codes.js";
import { type ConnectionPolicy, connectionCommand, type Purpose } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import type { Call, CallLeg, ConnectionStep, ReleaseCause, Side } from "./call.js";
import { type GatewayDialects, lessonOf } from "./gateway-dialects.js";
import type { LineDesk } from "./line-desk.js";
import type { LineRequest } from "./line-request.js";
import { type LiveCall, tagOf } from "./live-call.js";

/**
 * corrected: given again without what the gateway lacks. off-hook, on-hook: that is where the handset is, against what the
 * request took for granted (section 4.4.2), and no Notify will tell; nothing of the command was done.
 */
export type ConnectionOutcome = "done" | "refused" | "corrected" | "off-hook" | "on-hook";

export class ConnectionDesk {
  readonly #policy: ConnectionPolicy;
  readonly #lines: LineDesk;
  readonly #dialects: GatewayDialects;

  constructor(policy: ConnectionPolicy, parts: { lines: LineDesk; dialects: GatewayDialects }) {
    this.#policy = policy;
    this.#lines = parts.lines;
    this.#dialects = parts.dialects;
  }

  order(live: LiveCall, step: ConnectionStep, turn: AgentTurn): void {
    this.#give(live, step, this.#brings(live.call, step), turn);
  }

  /** Without a request. False: the call is being released, and wants nothing more but its deletions. */
  again(live: LiveCall, step: ConnectionStep, turn: AgentTurn): boolean {
    if (step.kind !== "delete" && isOver(live)) return false;
    this.#give(live, step, null, turn);
    return true;
  }

  /** What the command did not bring along is asked for by itself when it is done. Null: no answer came. */
  answered(
    live: LiveCall,
    { step, identifier, presumes }: Extract<Purpose, { readonly kind: "call" }>,
    response: MgcpResponse | null,
    turn: AgentTurn,
  ): ConnectionOutcome {
    if (response === null) return "refused";
    const leg = live.call.legs[step.side];
    const code = knownCode(response.code);
    if (code < 300) {
      if (identifier !== null) this.#lines.accepted(leg, identifier);
      else if (step.kind !== "delete" && !isOver(live) && this.#holds(live.call, step.side))
        this.#lines.request(leg, step.signal, turn);
      return "done";
    }
    if (identifier !== null && (code === 401 || code === 402)) {
      this.#lines.hook(leg, code === 401);
      return code === 401 ? "off-hook" : "on-hook";
    }
    const lesson = lessonOf(code, presumes);
    if (lesson === null || (step.kind !== "delete" && isOver(live))) return "refused";
    this.#dialects.lacks(leg.gateway, lesson);
    this.order(live, step, turn);
    return "corrected";
  }

  /** The line is the call's no longer. */
  free(call: Call, side: Side, cause: ReleaseCause, nowMs: number, turn: AgentTurn): void {
    const leg = call.legs[side];
    if (this.#holds(call, side)) this.#lines.release(leg, this.#afterCall(leg, side, cause), nowMs, turn);
  }

  /** Null where the line is asked by itself, afterwards. */
  #brings(call: Call, step: ConnectionStep): LineRequest | null {
    const leg = call.legs[step.side];
    if (!this.#holds(call, step.side) || !this.#dialects.has(leg.gateway, "encapsulated requests")) return null;
    if (step.kind !== "delete") return step.signal;
    const request = this.#afterCall(leg, step.side, step.cause);
    // The wait for digits begins when the line is free.
    return request === "dial-tone" ? null : request;
  }

  #give(live: LiveCall, step: ConnectionStep, request: LineRequest | null, turn: AgentTurn): void {
    const leg = live.call.legs[step.side];
    const knowsInactive = this.#dialects.has(leg.gateway, "inactive mode");
    const knowsTypeOfService = this.#dialects.has(leg.gateway, "type of service");
    const terms = { tag: tagOf(live), policy: this.#policy, knowsInactive, knowsTypeOfService };
    const written = request === null ? null : this.#lines.within(leg, request);
    turn.commands.push(connectionCommand(live.call, step, terms, written));
  }

  /** Its line is still this call's. */
  #holds({ callId, legs }: Call, side: Side): boolean {
    const phase = this.#lines.phase(legs[side]);
    return phase.name === "in-call" && phase.callId === callId;
  }

  #afterCall(leg: CallLeg, side: Side, cause: ReleaseCause): LineRequest {
    const isRefused = ["refused", "no-answer", "unreachable"].includes(cause);
    return this.#lines.afterCall(leg, side, isRefused, cause === "unreachable");
  }
}

function isOver({ call: { state } }: LiveCall): boolean {
  return state.name === "releasing" || state.name === "released";
}
