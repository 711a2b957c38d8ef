/**
 * What is to happen in a run, drawn from its seed beforehand: who calls whom and for how long, who is killed or stopped and
 * for how long. Pure; whether a telephone is free in that moment, and who is in charge, shows only when it is performed.
 */
import type { Random } from "../../firmware/protocol/chance.js";
import { type ServerRole, serverRoles } from "../support/exchange-configuration.js";

/** Who plays: call servers, and of each gateway the process of its telephones, numbered from 1. */
export type Victim = ServerRole | `gateway ${number}` | `telephones ${number}`;

export interface PlannedCall {
  readonly kind: "call";
  readonly atMs: number;
  readonly caller: string;
  readonly called: string;
  /** The called one lets it ring so long. */
  readonly ringMs: number;
  /** One of the two hangs up after talking so long. */
  readonly talkMs: number;
  readonly hangsUp: "caller" | "called";
  /** Who calls gives up after so long without an answer. */
  readonly patienceMs: number;
  /** It is made although the called one is not free. */
  readonly evenIfBusy: boolean;
}

export interface Blow {
  /** kill: SIGKILL, and started again after forMs; stop: SIGSTOP, and SIGCONT after forMs. */
  readonly kind: "kill" | "stop";
  readonly atMs: number;
  readonly whom: Victim;
  readonly forMs: number;
}

/** Who is in charge is killed, and then the other one in the midst of taking over. */
export interface HeirBlow {
  readonly kind: "kill-heir";
  readonly atMs: number;
  /** After it began. */
  readonly delayMs: number;
  readonly forMs: number;
  readonly heirForMs: number;
}

export type Deed = PlannedCall | Blow | HeirBlow;

export interface SiteShape {
  readonly gateways: number;
  readonly numbers: readonly string[];
}

const callEveryMs = { least: 100, most: 1_100 };
const blowEveryMs = { least: 1_000, most: 8_000 };
/** Nothing is struck before calls are up. */
const firstBlowMs = 3_000;
const deadMs = { least: 200, most: 9_000 };
/** A takeover must have had its time to begin. */
const heirMs = { least: 9_000, most: 14_000 };
const stoppedMs = { least: 500, most: 20_000 };
/** Between a victim's waking up and its next blow. */
const breathMs = 1_000;

/** All deeds of the first forMs, in the order of time. */
export function scheduleOf(random: Random, forMs: number, shape: SiteShape): Deed[] {
  const deeds = [...calls(random, forMs, shape), ...blows(random, forMs, shape)];
  return deeds.sort((a, b) => a.atMs - b.atMs);
}

function calls(random: Random, forMs: number, { numbers }: SiteShape): PlannedCall[] {
  const planned: PlannedCall[] = [];
  for (let atMs = 0; atMs < forMs; atMs += within(random, callEveryMs)) {
    const caller = one(random, numbers);
    const others = numbers.filter((number) => number !== caller);
    planned.push({
      kind: "call",
      atMs,
      caller,
      called: one(random, others),
      ringMs: within(random, { least: 50, most: 2_000 }),
      // Many are short, some outlive several blows.
      talkMs: 200 + 40_000 * random() ** 3,
      hangsUp: random() < 0.5 ? "caller" : "called",
      patienceMs: within(random, { least: 3_000, most: 15_000 }),
      evenIfBusy: random() < 0.1,
    });
  }
  return planned;
}

function blows(random: Random, forMs: number, { gateways }: SiteShape): (Blow | HeirBlow)[] {
  const struck: (Blow | HeirBlow)[] = [];
  const freeAtMs = new Map<Victim, number>();
  for (let atMs = firstBlowMs; atMs < forMs; atMs += within(random, blowEveryMs)) {
    const some = oneFate(random, atMs, gateways);
    const isFree = some.flatMap(victimsOf).every(({ whom }) => (freeAtMs.get(whom) ?? 0) <= atMs);
    if (!isFree) continue;
    for (const { whom, untilMs } of some.flatMap(victimsOf)) freeAtMs.set(whom, untilMs + breathMs);
    struck.push(...some);
  }
  return struck;
}

/** Weighted: what is called for most is what the call servers promise. */
function oneFate(random: Random, atMs: number, gateways: number): (Blow | HeirBlow)[] {
  const gateway: Victim = `gateway ${1 + Math.floor(random() * gateways)}`;
  const telephones: Victim = `telephones ${1 + Math.floor(random() * gateways)}`;
  const server = one(random, serverRoles);
  const chance = random();
  const kill = (whom: Victim): Blow => ({ kind: "kill", atMs, whom, forMs: within(random, deadMs) });
  const stop = (whom: Victim): Blow => ({ kind: "stop", atMs, whom, forMs: within(random, stoppedMs) });
  if (chance < 0.25) return [kill(server)];
  if (chance < 0.37) return serverRoles.map(kill);
  if (chance < 0.5) return [heirBlow(random, atMs)];
  if (chance < 0.66) return [kill(gateway)];
  if (chance < 0.74) return [kill(telephones)];
  if (chance < 0.88) return [stop(server)];
  if (chance < 0.94) return [stop(gateway)];
  return [stop(telephones)];
}

function heirBlow(random: Random, atMs: number): HeirBlow {
  const delayMs = 80 * random() ** 2;
  return { kind: "kill-heir", atMs, delayMs, forMs: within(random, heirMs), heirForMs: within(random, deadMs) };
}

function victimsOf(blow: Blow | HeirBlow): { readonly whom: Victim; readonly untilMs: number }[] {
  if (blow.kind !== "kill-heir") return [{ whom: blow.whom, untilMs: blow.atMs + blow.forMs }];
  const untilMs = blow.atMs + blow.forMs + blow.heirForMs;
  return serverRoles.map((whom) => ({ whom, untilMs }));
}

function within(random: Random, { least, most }: { readonly least: number; readonly most: number }): number {
  return Math.round(least + (most - least) * random());
}

function one<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new Error("nothing to choose from");
  return chosen;
}
