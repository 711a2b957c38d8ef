/**
 * Sets calls up between lines of any two gateways and takes them down again. Events of lines and answers to commands go
 * in; commands, records and events for the log come out. It sends nothing, and knows neither transactions nor epochs.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines } from "#protocol/deadlines.js";
import type { EventName, MgcpResponse } from "#protocol/mgcp/message.js";
import { readOrigin } from "#protocol/mgcp/recovery-package.js";
import { readAuditPage } from "#protocol/mgcp/recovery-page.js";
import { billCall } from "../cdr/billing.js";
import type { CallDetailRecord, RecordedStatistics } from "../cdr/call-detail-record.js";
import { inferredInstant, witnessedInstant } from "../cdr/call-time.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { ServerEvent } from "../server-event.js";
import type { CallFinding, FoundHalf } from "../watch/reconciliation.js";
import {
  type AgentCommand,
  type ConnectionPolicy,
  connectionCommand,
  journalCommand,
  type Purpose,
} from "./agent-command.js";
import {
  answerRecovered,
  type Call,
  type CallInput,
  type CallLeg,
  type CallState,
  type CallTurn,
  type ReleaseCause,
  type Side,
  sides,
  startCall,
  stepCall,
} from "./call.js";
import { readCallTag, splitEndpoint } from "./call-tag.js";
import type { DialPlan, PlannedLine } from "./dial-plan.js";
import { LinePhases } from "./line-phases.js";
import { dialledDigits, type LineRequest, lineParameters, observes } from "./line-request.js";
import { evidenceOf, type LiveCall, tagOf } from "./live-call.js";

export interface CallAgentOptions {
  readonly server: string;
  readonly policy: ConnectionPolicy;
  /** A call that rings longer is released (RFC 3660 section 2.1, G/rt: 180 s by default). */
  readonly noAnswerMs: number;
  /** A station that dials nothing for so long gets the busy tone. */
  readonly digitsMs: number;
  /** Journals that have not answered by then are not waited for; their gateways tell them again later. */
  readonly billWaitMs: number;
  /** Calls beyond this get the busy tone. */
  readonly callsMax: number;
}

export interface AgentTurn {
  readonly commands: AgentCommand[];
  readonly records: CallDetailRecord[];
  readonly events: ServerEvent[];
}

/** What the agent must know of gateways, which are not its own. */
export interface GatewayDirectory {
  isUp(gateway: string): boolean;
  bootIdOf(gateway: string): string;
}

export class CallAgent {
  readonly #options: CallAgentOptions;
  readonly #plan: DialPlan;
  readonly #gateways: GatewayDirectory;
  readonly #book: JournalBook;
  readonly #random: Random;
  readonly #lines = new LinePhases();
  readonly #calls = new Map<string, LiveCall>();
  /** `noanswer <call id>`, `bill <call id>`, `digits <gateway> <endpoint>` */
  readonly #deadlines = new Deadlines<string>();

  constructor(
    options: CallAgentOptions,
    parts: { plan: DialPlan; gateways: GatewayDirectory; book: JournalBook; random: Random },
  ) {
    this.#options = options;
    this.#plan = parts.plan;
    this.#gateways = parts.gateways;
    this.#book = parts.book;
    this.#random = parts.random;
  }

  /** Calls that have no record yet, or need none yet. */
  isOpen(callId: string): boolean {
    return this.#calls.has(callId);
  }

  get callsUp(): number {
    return this.#calls.size;
  }

  /** A Notify; false when the endpoint is none of the plan's. */
  notify(gateway: string, endpoint: string, observed: readonly EventName[], at: Moment, turn: AgentTurn): boolean {
    const line = this.#plan.lineAt(gateway, endpoint);
    if (line === undefined) return false;
    const phase = this.#lines.of(line);
    const [offHook, onHook] = [observes(observed, "hd"), observes(observed, "hu")];
    switch (phase.name) {
      case "unknown":
        if (offHook || onHook) this.#lines.set(line, { name: "unknown", offHook: offHook && !onHook });
        break;
      case "idle":
        if (offHook) this.#collect(line, at, turn);
        else this.#rest(line, turn);
        break;
      case "collecting":
        if (onHook) this.#rest(line, turn);
        else this.#dial(line, dialledDigits(observed), at, turn);
        break;
      case "clearing":
        if (onHook) this.#rest(line, turn);
        break;
      case "in-call":
        this.#lines.hook(line, offHook && !onHook);
        if (offHook) this.#hook(phase.callId, phase.side, "off-hook", at, turn);
        if (onHook) this.#hook(phase.callId, phase.side, "on-hook", at, turn);
        break;
    }
    return true;
  }

  /** The final answer to a command, or null when there was none. `askedAtMs`: when it was sent. */
  answered(purpose: Purpose, response: MgcpResponse | null, askedAtMs: number, at: Moment, turn: AgentTurn): void {
    switch (purpose.kind) {
      case "call":
        this.#callAnswered(purpose, response, at, turn);
        break;
      case "line":
        this.#lineAnswered(purpose, response, turn);
        break;
      case "bill":
        this.#journalAnswered(purpose, response, askedAtMs, at, turn);
        break;
      case "orphan":
        break;
    }
  }

  tick(at: Moment, turn: AgentTurn): void {
    for (const name of this.#deadlines.takeDue(at.nowMs)) {
      const [kind = "", first = "", second = ""] = name.split(" ");
      if (kind === "noanswer") this.#input(first, { kind: "no-answer" }, at, turn);
      else if (kind === "bill") this.#bill(first, at, turn);
      else {
        const line = this.#plan.lineAt(first, second);
        if (line !== undefined && this.#lines.of(line).name === "collecting") this.#refuse(line, turn);
      }
    }
  }

  next(): number | null {
    return this.#deadlines.next();
  }

  /** This server is no longer in charge: it forgets its calls without touching them. */
  stepDown(): void {
    this.#calls.clear();
    this.#lines.clear();
    for (const name of this.#deadlines.takeDue(Number.POSITIVE_INFINITY)) this.#deadlines.clear(name);
  }

  /** Takes a found call over, and releases what cannot go on. */
  adopt(finding: CallFinding, at: Moment, turn: AgentTurn): void {
    if (finding.kind === "waiting" || this.#calls.has(finding.callId)) return;
    for (const half of finding.surplus) turn.commands.push(this.#orphanCommand(half));
    const live = this.#adopted(finding, at);
    this.#calls.set(finding.callId, live);
    for (const side of sides) this.#occupy(live, side, side === "originating" || finding.phase !== "ringing");
    if (finding.kind === "orphaned") {
      this.#input(finding.callId, { kind: "release", cause: "server-released" }, at, turn);
    } else if (finding.phase === "answered") this.#take(live, answerRecovered(live.call), at, turn);
    else if (finding.phase === "ringing") {
      this.#deadlines.set(`noanswer ${finding.callId}`, at.nowMs + this.#options.noAnswerMs);
    }
    this.#replay(finding.callId, at, turn);
  }

  /** Holds a gateway's truth against the calls we know: legs found, legs gone, hook events nobody notified. */
  audited(
    gateway: string,
    connections: readonly ActiveConnection[],
    askedAtMs: number,
    at: Moment,
    turn: AgentTurn,
  ): void {
    const byKey = new Map(connections.map((connection) => [`${connection.callId} ${connection.endpoint}`, connection]));
    for (const [callId, live] of this.#calls) {
      for (const side of sides) {
        const leg = live.call.legs[side];
        if (leg.gateway !== gateway) continue;
        const found = byKey.get(`${callId} ${leg.endpoint}`);
        const madeAtMs = live.madeAtMs[side];
        if (found !== undefined && leg.connectionId === null && live.call.state.name === "talking") {
          this.#calls.set(callId, withLeg(live, side, found, at.nowMs));
        } else if (found === undefined && madeAtMs !== undefined && madeAtMs < askedAtMs) {
          this.#input(callId, { kind: "gone", side }, at, turn);
        }
      }
      this.#replay(callId, at, turn);
    }
  }

  /** Gives the wanted lines of a gateway their requests, by what each is doing. */
  takeLines(gateway: string, isWanted: (endpoint: string) => boolean, at: Moment, turn: AgentTurn): void {
    for (const line of this.#plan.lines) {
      if (line.gateway !== gateway || !isWanted(line.endpoint)) continue;
      const phase = this.#lines.of(line);
      if (phase.name === "in-call") this.#request(line, this.#requestInCall(phase.callId, phase.side), turn);
      else if (this.#isOffHook(line)) this.#collect(line, at, turn);
      else this.#rest(line, turn);
    }
  }

  /** A connection whose call nobody knows is deleted. */
  deleteOrphan(half: FoundHalf, turn: AgentTurn): void {
    turn.commands.push(this.#orphanCommand(half));
  }

  #orphanCommand({ connection }: FoundHalf): AgentCommand {
    const { gateway, endpoint, callId, connectionId } = connection;
    return {
      gateway,
      endpoint,
      purpose: { kind: "orphan", callId },
      verb: "DLCX",
      parameters: { callId, connectionIds: [connectionId] },
      session: null,
    };
  }

  #isOffHook(line: PlannedLine): boolean {
    const phase = this.#lines.of(line);
    const journalled = this.#book.lastEvent(line.gateway, line.endpoint);
    if (phase.name === "unknown" && phase.offHook) return true;
    return journalled !== null && journalled.kind === "off-hook";
  }

  #requestInCall(callId: string, side: Side): LineRequest {
    if (this.#calls.get(callId)?.call.state.name !== "ringing") return "talking";
    return side === "originating" ? "ringback" : "ringing";
  }

  #collect(line: PlannedLine, at: Moment, turn: AgentTurn): void {
    this.#lines.set(line, { name: "collecting" });
    this.#deadlines.set(`digits ${line.gateway} ${line.endpoint}`, at.nowMs + this.#options.digitsMs);
    this.#request(line, "dial-tone", turn);
  }

  #rest(line: PlannedLine, turn: AgentTurn): void {
    this.#deadlines.clear(`digits ${line.gateway} ${line.endpoint}`);
    this.#lines.set(line, { name: "idle" });
    this.#request(line, "idle", turn);
  }

  #refuse(line: PlannedLine, turn: AgentTurn): void {
    this.#deadlines.clear(`digits ${line.gateway} ${line.endpoint}`);
    this.#lines.set(line, { name: "clearing" });
    this.#request(line, "busy-tone", turn);
  }

  #request(line: PlannedLine, request: LineRequest, turn: AgentTurn): void {
    const { gateway, endpoint } = line;
    const parameters = lineParameters(request, randomHex(this.#random, 8), this.#plan.digitMap);
    const purpose: Purpose = { kind: "line", gateway, endpoint, request };
    turn.commands.push({ gateway, endpoint, purpose, verb: "RQNT", parameters, session: null });
  }

  #dial(line: PlannedLine, number: string, at: Moment, turn: AgentTurn): void {
    const called = this.#plan.lineOf(number);
    const isFree =
      called !== undefined && this.#lines.of(called).name === "idle" && this.#gateways.isUp(called.gateway);
    if (called === undefined || !isFree || this.#calls.size >= this.#options.callsMax) {
      const reason = called === undefined ? "no such number" : isFree ? "too many calls" : "busy or not reachable";
      turn.events.push({ event: "trouble", about: `${line.number} dials ${number}`, reason });
      this.#refuse(line, turn);
      return;
    }
    this.#deadlines.clear(`digits ${line.gateway} ${line.endpoint}`);
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

  #occupy(live: LiveCall, side: Side, offHook: boolean): void {
    this.#lines.set(live.call.legs[side], { name: "in-call", callId: live.call.callId, side, offHook });
  }

  #hook(callId: string, side: Side, kind: "off-hook" | "on-hook", at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    const instant = witnessedInstant(at.nowMs);
    if (kind === "on-hook") this.#calls.set(callId, { ...live, witnessedEnd: live.witnessedEnd ?? instant });
    else if (side === "terminating" && live.call.state.name === "ringing") {
      this.#calls.set(callId, { ...live, witnessedAnswer: instant, answerWallMs: at.wallMs });
    }
    this.#input(callId, { kind, side }, at, turn);
  }

  /** Hook events that only the journal told; those already acted upon fit no state any more. */
  #replay(callId: string, at: Moment, turn: AgentTurn): void {
    for (const event of this.#book.eventsOf(callId)) {
      const live = this.#calls.get(callId);
      const side = sides.find((candidate) => isAt(live, candidate, event.gateway, event.endpoint));
      if (live === undefined || side === undefined || event.kind === "off-hook") continue;
      const phase = this.#lines.of(live.call.legs[side]);
      if (phase.name === "in-call" && phase.callId === callId)
        this.#lines.hook(live.call.legs[side], event.kind === "answer");
      this.#input(callId, { kind: event.kind === "answer" ? "off-hook" : "on-hook", side }, at, turn);
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
    if (before.call.state.name !== call.state.name) this.#stateChanged(live, at, turn);
    for (const step of steps) {
      if (step.kind === "close") this.#close(live, step.cause, at, turn);
      else if (step.kind === "signal") this.#request(call.legs[step.side], step.signal, turn);
      else {
        const command = connectionCommand(call, step, tagOf(live), this.#options.policy);
        if (command !== null) turn.commands.push(command);
      }
    }
  }

  #stateChanged({ call }: LiveCall, at: Moment, turn: AgentTurn): void {
    const { callId, state, legs } = call;
    if (state.name === "ringing") this.#deadlines.set(`noanswer ${callId}`, at.nowMs + this.#options.noAnswerMs);
    else this.#deadlines.clear(`noanswer ${callId}`);
    const cause = "cause" in state ? state.cause : null;
    const [from, to] = [legs.originating.number, legs.terminating.number];
    turn.events.push({ event: "call-state", callId, state: state.name, from, to, cause });
  }

  /** The lines are free again; the journals of both are asked when the call ended and, if at all, was answered. */
  #close(live: LiveCall, cause: ReleaseCause, at: Moment, turn: AgentTurn): void {
    const { callId, legs } = live.call;
    for (const side of sides) {
      const phase = this.#lines.of(legs[side]);
      if (phase.name !== "in-call" || phase.callId !== callId) continue;
      if (!phase.offHook) this.#rest(legs[side], turn);
      else {
        const isRefused = side === "originating" && (cause === "refused" || cause === "no-answer");
        this.#lines.set(legs[side], { name: "clearing" });
        this.#request(legs[side], isRefused ? "busy-tone" : "talking", turn);
      }
    }
    const billing = sides.filter((side) => this.#gateways.isUp(legs[side].gateway));
    this.#calls.set(callId, { ...live, billing });
    if (billing.length === 0) {
      this.#bill(callId, at, turn);
      return;
    }
    this.#deadlines.set(`bill ${callId}`, at.nowMs + this.#options.billWaitMs);
    for (const side of billing) turn.commands.push(journalCommand(live.call, side, null));
  }

  #bill(callId: string, at: Moment, turn: AgentTurn): void {
    const live = this.#calls.get(callId);
    if (live === undefined || live.billing === null) return;
    this.#deadlines.clear(`bill ${callId}`);
    this.#calls.delete(callId);
    const record = billCall(evidenceOf(live, this.#book, []), this.#options.server, at);
    if (record !== null) turn.records.push(record);
  }

  #callAnswered(
    purpose: Extract<Purpose, { readonly kind: "call" }>,
    response: MgcpResponse | null,
    at: Moment,
    turn: AgentTurn,
  ): void {
    const { callId, side, verb } = purpose;
    const live = this.#calls.get(callId);
    if (live === undefined) return;
    if (response === null || response.code < 200 || response.code > 299) {
      const reason = response === null ? "no answer" : `${response.code} ${response.comment}`.trim();
      turn.events.push({ event: "trouble", about: `${verb} ${live.call.legs[side].endpoint}`, reason });
      this.#input(callId, { kind: "failed", side, answered: response !== null }, at, turn);
    } else if (verb === "CRCX") this.#created(live, side, response, at, turn);
    else if (verb === "MDCX") this.#input(callId, { kind: "modified", side }, at, turn);
    else {
      this.#calls.set(callId, withStatistics(live, side, response));
      this.#input(callId, { kind: "deleted", side }, at, turn);
    }
  }

  #created(live: LiveCall, side: Side, response: MgcpResponse, at: Moment, turn: AgentTurn): void {
    const { callId } = live.call;
    const connectionId = response.parameters.connectionIds?.[0];
    const session = response.sessions[0];
    if (connectionId === undefined || session === undefined) {
      // It may be there all the same, so it is deleted by call id, as if no answer had come.
      this.#input(callId, { kind: "failed", side, answered: false }, at, turn);
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

  /** Off-hook was asked for on a line that is off-hook (401), or on-hook on one that is on-hook (402): so it is. */
  #lineAnswered(
    { gateway, endpoint, request }: Extract<Purpose, { readonly kind: "line" }>,
    response: MgcpResponse | null,
    turn: AgentTurn,
  ): void {
    const line = this.#plan.lineAt(gateway, endpoint);
    if (line === undefined || response === null || response.code < 400) return;
    const phase = this.#lines.of(line);
    if (response.code === 401 && request === "idle") {
      if (phase.name !== "idle") return;
      this.#lines.set(line, { name: "clearing" });
      this.#request(line, "talking", turn);
    } else if (response.code === 402) {
      if (phase.name === "clearing" || phase.name === "collecting") this.#rest(line, turn);
    } else {
      const reason = `${response.code} ${response.comment}`.trim();
      turn.events.push({ event: "trouble", about: `${request} ${endpoint}@${gateway}`, reason });
    }
  }

  #journalAnswered(
    purpose: Extract<Purpose, { readonly kind: "bill" }>,
    response: MgcpResponse | null,
    askedAtMs: number,
    at: Moment,
    turn: AgentTurn,
  ): void {
    const live = this.#calls.get(purpose.callId);
    if (live === undefined || live.billing === null) return;
    const { gateway } = live.call.legs[purpose.side];
    const page = response === null ? null : readAuditPage(gateway, response.parameters);
    if (page?.ok) {
      this.#book.learn(page.value, { askedAtMs, answeredAtMs: at.nowMs }, false);
      if (page.value.next !== null) {
        turn.commands.push(journalCommand(live.call, purpose.side, page.value.next));
        return;
      }
    }
    const billing = live.billing.filter((side) => side !== purpose.side);
    this.#calls.set(purpose.callId, { ...live, billing });
    if (billing.length === 0) this.#bill(purpose.callId, at, turn);
  }

  /** A call that another server set up, as its connections and their tags tell it. */
  #adopted(finding: CallFinding, at: Moment): LiveCall {
    const { originating, terminating } = finding.halves;
    const tagged = originating?.connection ?? terminating?.connection;
    const tag = readCallTag(tagged?.tag ?? "");
    const leg = (half: FoundHalf | undefined, place: string, number: string): CallLeg => {
      const told = splitEndpoint(place) ?? { gateway: "", endpoint: "" };
      const { gateway, endpoint } = half?.connection ?? told;
      const known = number === "" ? (this.#plan.lineAt(gateway, endpoint)?.number ?? "") : number;
      return { gateway, endpoint, number: known, connectionId: half?.connection.connectionId ?? null, session: null };
    };
    const legs = {
      originating: leg(originating, tag.originating, tag.callingNumber),
      terminating: leg(terminating, tag.terminating, tag.calledNumber),
    };
    const state: CallState = { name: finding.phase === "ringing" ? "ringing" : "talking" };
    const { setupWallMs } = tag;
    const setupMs = setupWallMs === null ? null : at.nowMs - (at.wallMs - setupWallMs);
    const made = (half: FoundHalf | undefined) => (half === undefined ? {} : { madeAtMs: at.nowMs });
    return {
      ...unknownCall,
      call: { callId: finding.callId, legs, state },
      device: originating?.connection.origin.device ?? tagged?.origin.device ?? tag.callingNumber,
      deviceAddress: originating?.connection.origin.address ?? tag.originatingAddress,
      bootId: tag.bootId === "" ? this.#gateways.bootIdOf(legs.originating.gateway) : tag.bootId,
      setup: setupMs === null ? null : inferredInstant(setupMs - 1_000, setupMs + 1_000),
      setupWallMs,
      answerWallMs: tag.answerWallMs,
      madeAtMs: {
        ...("madeAtMs" in made(originating) ? { originating: at.nowMs } : {}),
        ...("madeAtMs" in made(terminating) ? { terminating: at.nowMs } : {}),
      },
    };
  }
}

const unknownCall: Omit<LiveCall, "call"> = {
  device: "",
  deviceAddress: null,
  bootId: "",
  setup: null,
  setupWallMs: null,
  answerWallMs: null,
  witnessedAnswer: null,
  witnessedEnd: null,
  statistics: {},
  madeAtMs: {},
  billing: null,
};

function legOf(line: PlannedLine): CallLeg {
  return { ...line, connectionId: null, session: null };
}

function isAt(live: LiveCall | undefined, side: Side, gateway: string, endpoint: string): boolean {
  const leg = live?.call.legs[side];
  return leg?.gateway === gateway && leg.endpoint === endpoint;
}

function withLeg(live: LiveCall, side: Side, { connectionId }: ActiveConnection, nowMs: number): LiveCall {
  const call: Call = {
    ...live.call,
    legs: { ...live.call.legs, [side]: { ...live.call.legs[side], connectionId } },
  };
  return { ...live, call, madeAtMs: { ...live.madeAtMs, [side]: nowMs } };
}

function withStatistics(live: LiveCall, side: Side, response: MgcpResponse): LiveCall {
  const told = response.parameters.connectionParameters;
  if (told === undefined) return live;
  const statistics: RecordedStatistics = {
    packetsSent: told.packetsSent ?? null,
    octetsSent: told.octetsSent ?? null,
    packetsReceived: told.packetsReceived ?? null,
    octetsReceived: told.octetsReceived ?? null,
    packetsLost: told.packetsLost ?? null,
    jitterMs: told.jitterMs ?? null,
  };
  return { ...live, statistics: { ...live.statistics, [side]: statistics } };
}
