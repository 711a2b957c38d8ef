/**
 * The play in six acts: a call is set up, its call server is killed, the backup takes it over, and the call is released
 * and billed. Everything seen here is what the programs themselves said on their outputs.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { type AuditProtocol, auditProtocols } from "#protocol/active-connection.js";
import { listConnections, mergeConnections } from "../connection-list.js";
import { answerAfterMs, type Cast, type CastMember, gatewayNames, numberAt } from "./cast.js";
import { DemoTrouble, Program, type ProgramEvent } from "./program.js";
import type { Screen } from "./screen.js";
import { ShownConnections, toldIn } from "./shown-connections.js";
import type { BilledCall } from "./verdict.js";

export interface StoryOptions {
  readonly calls: number;
  readonly folder: string;
  /** The program every part is played by. */
  readonly bin: string;
  readonly talkBeforeMs: number;
  readonly talkAfterMs: number;
}

export interface Clock {
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

export interface Takeover {
  readonly detectMs: number;
  readonly auditMs: Partial<Record<AuditProtocol, number>>;
  readonly connections: number;
  readonly recovered: number;
  readonly agree: boolean;
}

/** How much of each telephone's recording, from its beginning, the other one was there to be heard. */
export interface Talk {
  readonly callerMs: number;
  readonly calledMs: number;
}

export interface Performance extends Takeover {
  readonly billed: readonly BilledCall[];
  /** By call. */
  readonly talks: readonly Talk[];
}

const startWithinMs = 30_000;
const callWithinMs = 30_000;
const takeoverWithinMs = 15_000;
const releaseWithinMs = 10_000;

export class Story {
  readonly #options: StoryOptions;
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #programs: Program[] = [];
  readonly #shown = new ShownConnections();

  constructor(options: StoryOptions, screen: Screen, clock: Clock) {
    this.#options = options;
    this.#screen = screen;
    this.#clock = clock;
  }

  async play(cast: Cast): Promise<Performance> {
    const { calls, talkBeforeMs, talkAfterMs } = this.#options;
    this.#screen.act("1  Six programs start, each with an address of its own");
    const gateways = cast.gateways.map((member) => this.#start(member));
    await this.#all(gateways, "listening", startWithinMs);
    const primary = this.#start(cast.primary);
    const backup = this.#start(cast.backup, (event) => this.#showPoll(event));
    const callers = this.#start(cast.callers);
    const called = this.#start(cast.called);
    await Promise.all([callers, called].map((bank) => times(bank, "ready", calls, startWithinMs)));
    await this.#inCharge(primary);
    await backup.event("the primary's heartbeat", is("peer-up"), startWithinMs);
    this.#tell("the primary is in charge of both gateways; the backup hears it and polls");

    this.#screen.act(`2  ${calls === 1 ? "A station calls another" : `${calls} stations call ${calls} others`}`);
    callers.say("dial 201");
    await times(called, "ringing", calls, callWithinMs);
    this.#tell(`${plural(calls, "telephone rings", "telephones ring")} and will be answered after ${answerAfterMs} ms`);
    await Promise.all([callers, called].map((bank) => times(bank, "talking", calls, callWithinMs)));
    this.#tell("they talk: µ-law on the lines, A-law between the gateways, both ways at once");

    this.#screen.act("3  The backup keeps the record");
    await this.#clock.wait(talkBeforeMs);
    await this.#recordIsWhole(backup, calls);
    this.#tell(`the backup's record holds ${2 * calls} connections, polled from the gateways`);

    this.#screen.act("4  The primary call server dies");
    const takeover = await this.#takeover(primary, backup);

    this.#screen.act("5  The voice goes on");
    await this.#clock.wait(talkAfterMs);
    this.#tell(`${(talkAfterMs / 1000).toFixed(0)} more seconds were spoken`);

    this.#screen.act("6  The called stations hang up");
    called.say("hang-up");
    await Promise.all([callers, called].map((bank) => times(bank, "hung-up", calls, releaseWithinMs)));
    await times(backup, "cdr", calls, releaseWithinMs);
    this.#tell(
      `the backup released both halves and wrote ${plural(calls, "call detail record", "call detail records")}`,
    );
    await this.#clock.wait(settleMs);
    const billed = billedCalls(backup.events.filter(is("cdr")), called.events);
    return { ...takeover, billed, talks: talksOf(calls, callers.events, called.events) };
  }

  /** Ends whatever still runs; safe at any moment. */
  async end(): Promise<void> {
    this.#screen.live([]);
    await Promise.all(this.#programs.map((program) => program.end()));
  }

  #start(member: CastMember, onEvent: (event: ProgramEvent) => void = () => undefined): Program {
    const { folder, bin } = this.#options;
    mkdirSync(folder, { recursive: true });
    if (member.file !== null) writeFileSync(`${folder}/${member.file.name}`, member.file.text, { mode: 0o600 });
    const program = new Program(bin, member, onEvent);
    this.#programs.push(program);
    this.#tell(`${member.title}, process ${program.pid ?? "?"}`);
    return program;
  }

  async #all(programs: readonly Program[], event: string, withinMs: number): Promise<void> {
    await Promise.all(programs.map((program) => program.event(event, is(event), withinMs)));
  }

  async #inCharge(primary: Program): Promise<void> {
    for (const name of gatewayNames)
      await primary.event(
        `${name} in hand`,
        (event) => event.event === "gateway-up" && event.gateway === name,
        startWithinMs,
      );
  }

  async #recordIsWhole(backup: Program, calls: number): Promise<void> {
    for (const name of gatewayNames)
      await backup.event(
        `the record of ${name}`,
        (event) => event.event === "poll" && event.gateway === name && event.up === calls,
        callWithinMs,
      );
  }

  async #takeover(primary: Program, backup: Program): Promise<Takeover> {
    const killedAtMs = this.#clock.nowMs();
    this.#tell(`SIGKILL to process ${primary.pid ?? "?"}`);
    await primary.kill();
    const begun = await backup.event("the takeover", is("takeover-begin"), takeoverWithinMs);
    const detectMs = Math.round(numberOf(begun, "monotonicMs") - killedAtMs);
    this.#tell(`heartbeats are missing, no gateway hears the primary either: dead, after ${detectMs} ms`);
    const done = await backup.event("the end of the takeover", is("takeover"), takeoverWithinMs);
    const auditMs = auditTimes(done);
    for (const [protocol, ms] of Object.entries(auditMs))
      this.#tell(`both gateways audited by ${protocol.toUpperCase()} in ${ms} ms`);
    const audits = backup.events.filter((event) => event.event === "audit" && event.ok === true);
    for (const line of connectionLines(audits)) this.#screen.print(`  ${line}`);
    return {
      detectMs,
      auditMs,
      connections: numberOf(done, "connections"),
      recovered: recoveredIn(done),
      agree: done.agree === true,
    };
  }

  #showPoll(event: ProgramEvent): void {
    if (event.event !== "poll" && event.event !== "audit") return;
    if (!this.#shown.take(event)) return;
    const lines = this.#shown.lines(numberOf(event, "monotonicMs"));
    this.#screen.live(lines.length <= 1 ? [] : ["", ...lines.slice(0, liveLinesMax)]);
  }

  #tell(text: string): void {
    this.#screen.tell(text, this.#clock.nowMs());
    const trouble = this.#programs.map((program) => program.trouble).find((reason) => reason !== null);
    if (trouble !== undefined && trouble !== null) throw new DemoTrouble(trouble);
  }
}

/** A record that came twice would show after this. */
const settleMs = 300;
const liveLinesMax = 12;

const is = (name: string) => (event: ProgramEvent) => event.event === name;

/** The first `count` events of this name. */
async function times(program: Program, name: string, count: number, withinMs: number): Promise<ProgramEvent[]> {
  await program.event(`${name} of ${count}`, () => program.events.filter(is(name)).length >= count, withinMs);
  return program.events.filter(is(name)).slice(0, count);
}

/** Each record beside what the called telephone measured itself. */
function billedCalls(records: readonly ProgramEvent[], telephone: readonly ProgramEvent[]): BilledCall[] {
  return records.map((event) => {
    const record = objectOf(event.cdr);
    const number = textOf(record, "calledNumber");
    const moment = (name: string) =>
      numberOf(telephone.find((one) => one.event === name && one.number === number) ?? {}, "monotonicMs");
    return {
      durationMs: Math.round(numberOf(objectOf(record.duration), "ms")),
      trueDurationMs: Math.round(moment("hung-up") - moment("answered")),
    };
  });
}

/** After the one has hung up the other hears nothing until it is released, and misses nothing. */
function talksOf(calls: number, callers: readonly ProgramEvent[], called: readonly ProgramEvent[]): Talk[] {
  const callerMoments = momentsByNumber(callers);
  const calledMoments = momentsByNumber(called);
  return Array.from({ length: calls }, (_, call) => {
    const caller = callerMoments.get(numberAt(0, call));
    const answerer = calledMoments.get(numberAt(1, call));
    const endMs = Math.min(caller?.hungUpMs ?? Number.NaN, answerer?.hungUpMs ?? Number.NaN);
    return {
      callerMs: endMs - (caller?.talkingMs ?? Number.NaN),
      calledMs: endMs - (answerer?.talkingMs ?? Number.NaN),
    };
  });
}

function momentsByNumber(events: readonly ProgramEvent[]) {
  const moments = new Map<string, { talkingMs: number; hungUpMs: number }>();
  for (const event of events) {
    const moment = moments.get(textOf(event, "number")) ?? { talkingMs: Number.NaN, hungUpMs: Number.NaN };
    if (event.event === "talking") moment.talkingMs = numberOf(event, "monotonicMs");
    if (event.event === "hung-up") moment.hungUpMs = numberOf(event, "monotonicMs");
    moments.set(textOf(event, "number"), moment);
  }
  return moments;
}

function connectionLines(events: readonly ProgramEvent[]): string[] {
  const answers = events.flatMap((event) =>
    auditProtocols.filter((via) => via === event.via).map((via) => ({ via, connections: toldIn(event) })),
  );
  return listConnections(mergeConnections(answers));
}

function recoveredIn(event: ProgramEvent): number {
  const { recovered } = objectOf(event.report);
  return Array.isArray(recovered) ? recovered.length : 0;
}

function auditTimes(event: ProgramEvent): Partial<Record<AuditProtocol, number>> {
  const measured = objectOf(event.auditMs);
  const result: Partial<Record<AuditProtocol, number>> = {};
  for (const protocol of auditProtocols) {
    const ms = measured[protocol];
    if (typeof ms === "number") result[protocol] = Math.round(ms);
  }
  return result;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function numberOf(value: Readonly<Record<string, unknown>>, key: string): number {
  const found = value[key];
  return typeof found === "number" ? found : Number.NaN;
}

function textOf(value: Readonly<Record<string, unknown>>, key: string): string {
  const found = value[key];
  return typeof found === "string" ? found : "";
}

function plural(count: number, one: string, many: string): string {
  return count === 1 ? `a ${one}` : `${count} ${many}`;
}
