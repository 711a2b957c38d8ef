/**
 * Sets calls up between lines of any two gateways and takes them down again. Events of lines and answers to commands go
 * in; commands, records and events for the log come out. It sends nothing, and knows neither transactions nor epochs. What
 * a line does outside calls is decided here, what happens in a call by call-book.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type { Random } from "#protocol/chance.js";
import { earliest } from "#protocol/deadlines.js";
import type { MgcpCommand, MgcpResponse } from "#protocol/mgcp/message.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { CallFinding } from "../watch/reconciliation.js";
import type { SightingOf } from "./adopted-call.js";
import { type ConnectionPolicy, type Purpose, strayCommand } from "./agent-command.js";
import type { AgentTurn } from "./agent-turn.js";
import { BillingDesk } from "./billing-desk.js";
import { CallBook, type GatewayDirectory } from "./call-book.js";
import { ConnectionDesk } from "./connection-desk.js";
import type { DialPlan, PlannedLine } from "./dial-plan.js";
import { GatewayDialects } from "./gateway-dialects.js";
import { LineDesk } from "./line-desk.js";
import { dialledDigits, lastHook, observes } from "./line-request.js";
import type { LiveCall } from "./live-call.js";

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

export class CallAgent {
  readonly #options: CallAgentOptions;
  readonly #plan: DialPlan;
  readonly #gateways: GatewayDirectory;
  readonly #dialects = new GatewayDialects();
  readonly #lines: LineDesk;
  readonly #billing: BillingDesk;
  readonly #calls: CallBook;

  constructor(
    options: CallAgentOptions,
    parts: { plan: DialPlan; gateways: GatewayDirectory; book: JournalBook; random: Random },
  ) {
    this.#options = options;
    this.#plan = parts.plan;
    this.#gateways = parts.gateways;
    const dialects = this.#dialects;
    const lines = new LineDesk({ digitsMs: options.digitsMs }, { ...parts, dialects });
    const billing = new BillingDesk(options, parts.book);
    const connections = new ConnectionDesk(options.policy, { lines, dialects });
    this.#lines = lines;
    this.#billing = billing;
    this.#calls = new CallBook(options, { ...parts, lines, connections, billing });
  }

  /** From its first command until its record is written, or there is nothing to write. */
  isOpen(callId: string): boolean {
    return this.#calls.has(callId) || this.#billing.has(callId);
  }

  /** All in hand, as they stand. */
  get calls(): LiveCall[] {
    return this.#calls.all;
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
    return this.#calls.tagOf(callId);
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
        if (offHook) this.#calls.pickedUp(phase.callId, phase.side, request, at, turn);
        if (onHook) this.#calls.hungUp(phase.callId, phase.side, at, turn);
        if (phase.side === "terminating" && observes(observed, "of")) this.#calls.unreachable(phase.callId, at, turn);
        break;
    }
  }

  /** The final answer to a command, or null when there was none. `askedAtMs`: when it was sent. */
  answered(purpose: Purpose, response: MgcpResponse | null, askedAtMs: number, at: Moment, turn: AgentTurn): void {
    if (purpose.kind === "call") this.#calls.answered(purpose, response, at, turn);
    else if (purpose.kind === "line") this.#lineAnswered(purpose, response, at, turn);
    else if (purpose.kind === "bill") this.#billing.answered(purpose, response, askedAtMs, at, turn);
  }

  tick(at: Moment, turn: AgentTurn): void {
    this.#calls.tick(at, turn);
    this.#billing.tick(at, turn);
    this.#lines.tick(at.nowMs, turn);
  }

  next(): number | null {
    return earliest(this.#calls.next(), this.#billing.next(), this.#lines.next());
  }

  /** This server is no longer in charge: it forgets its calls without touching them. */
  stepDown(): void {
    this.#calls.forget();
    this.#billing.forget();
    this.#lines.forget();
    this.#dialects.forget();
  }

  /** Takes a found call over, and releases what cannot go on. */
  adopt(finding: CallFinding, sightingOf: SightingOf, at: Moment, turn: AgentTurn): void {
    if (!this.isOpen(finding.callId)) this.#calls.adopt(finding, sightingOf, at, turn);
  }

  /** Holds a gateway's truth against the calls in hand. */
  audited(gateway: string, rows: readonly ActiveConnection[], askedAtMs: number, at: Moment, turn: AgentTurn): void {
    this.#calls.audited(gateway, rows, askedAtMs, at, turn);
  }

  /** A gateway deletes a connection itself (RFC 3435 section 2.3.8). False: no call has it, so it was gone before. */
  deletedByGateway(gateway: string, command: MgcpCommand, at: Moment, turn: AgentTurn): boolean {
    return this.#calls.deletedByGateway(gateway, command, at, turn);
  }

  /** Gives the wanted lines of a gateway their requests, by what each is doing. */
  takeLines(gateway: string, isWanted: (endpoint: string) => boolean, at: Moment, turn: AgentTurn): void {
    for (const line of this.#plan.lines) {
      if (line.gateway !== gateway || !isWanted(line.endpoint)) continue;
      const phase = this.#lines.phase(line);
      if (phase.name !== "in-call") this.#lines.take(line, at.nowMs, turn);
      else this.#lines.request(line, this.#calls.requestOf(phase.callId, phase.side), turn);
    }
  }

  /** A connection whose call nobody knows is deleted. */
  deleteStray(connection: ActiveConnection, turn: AgentTurn): void {
    turn.commands.push(strayCommand(connection));
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
    if (verdict === "on-hook") this.#calls.hungUp(phase.callId, phase.side, at, turn);
    else if (phase.side === "terminating") this.#calls.unreachable(phase.callId, at, turn);
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
    this.#calls.begin(line, called, at, turn);
  }
}
