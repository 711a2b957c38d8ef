import { expect, test } from "vitest";
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";
import type { SimulatedCallServer } from "../support/simulated-call-server.js";
import { SimulatedSite } from "../support/simulated-site.js";

/** One seed by hand: SEED=17 npx vitest run --project simulation test/simulation/chaos.test.ts */
const only = process.env.SEED;
const seeds = only === undefined ? Array.from({ length: 60 }, (_, seed) => seed) : [Number(only)];

interface Dialled {
  readonly caller: string;
  readonly called: string;
  readonly atMs: number;
}

/** Calls come and go while the call servers are killed, restarted, and stopped for a while. */
function play(site: SimulatedSite): { dialled: Dialled[]; servers: SimulatedCallServer[] } {
  const { random, network } = site;
  const servers = { primary: site.start("primary"), backup: site.start("backup") };
  const dialled: Dialled[] = [];
  const restart = (role: "primary" | "backup", afterMs: number) => {
    servers[role].kill();
    network.run(afterMs);
    servers[role] = site.start(role);
  };
  network.run(5_000);
  network.weather = { loss: 0, repetition: 0.1 * random(), delayMinMs: 1, delayMaxMs: 1 + 50 * random() };
  for (let round = 0; round < 6; round += 1) {
    const [caller, called] = [`10${1 + Math.floor(random() * 3)}`, `20${1 + Math.floor(random() * 3)}`];
    if (site.phone(caller).state === "on-hook") {
      dialled.push({ caller, called, atMs: network.at.nowMs });
      site.phone(caller).dial(called);
    }
    network.run(4_000 * random());
    const fate = random();
    if (fate < 0.2) restart("primary", 4_000 * random());
    else if (fate < 0.35) restart("backup", 4_000 * random());
    else if (fate < 0.5) {
      servers.primary.pause();
      network.run(6_000 * random());
      servers.primary.resume();
    } else if (fate < 0.6) {
      servers.primary.kill();
      restart("backup", 4_000 * random());
      servers.primary = site.start("primary");
    }
    network.run(4_000 * random());
    if (random() < 0.5) site.phone(random() < 0.5 ? caller : called).hangUp();
  }
  network.run(15_000);
  for (const number of numbers) site.phone(number).hangUp();
  network.run(60_000);
  return { dialled, servers: Object.values(servers) };
}

const numbers = ["101", "102", "103", "201", "202", "203"];

/** What the telephones know of their calls: from the answer to whoever hung up first. */
function spokenMs(site: SimulatedSite, dialled: readonly Dialled[]): number[] {
  return ["201", "202", "203"].flatMap((called) =>
    site
      .phone(called)
      .said.filter(({ kind }) => kind === "answered")
      .map((answered) => {
        const call = dialled.findLast((one) => one.called === called && one.atMs < answered.atMs);
        const hungUp = (number: string, fromMs: number) =>
          site.phone(number).said.find(({ kind, atMs }) => kind === "hung-up" && atMs > fromMs)?.atMs ?? Number.NaN;
        const ended = Math.min(hungUp(called, answered.atMs), hungUp(call?.caller ?? called, call?.atMs ?? 0));
        return ended - answered.atMs;
      }),
  );
}

/** What lies between a telephone's clock and its gateway's: the journey of an answer and of a BYE. */
const networkMs = 150;

/** An answer that crosses the caller's hang-up need not have reached the gateway. */
const crossingMs = 300;

function unbilled(spoken: readonly number[], records: readonly CallDetailRecord[]): number[] {
  const billed = records.map(({ duration }) => duration?.ms ?? Number.NaN);
  return spoken.filter((ms) => {
    const match = billed.findIndex((candidate) => Math.abs(candidate - ms) <= networkMs);
    if (match >= 0) billed.splice(match, 1);
    return match < 0 && ms > crossingMs;
  });
}

test.each(seeds)("whoever dies, every answered call goes on and is billed once (seed %i)", (seed) => {
  const site = new SimulatedSite(7_000 + seed, 300);
  const { dialled, servers } = play(site);
  const spoken = spokenMs(site, dialled);
  expect(unbilled(spoken, site.records)).toEqual([]);
  expect(site.records.length).toBeLessThanOrEqual(spoken.length);
  expect(site.openLegs).toBe(0);
  expect(numbers.filter((number) => site.phone(number).state !== "on-hook")).toEqual([]);
  expect(servers.map(({ core }) => core.role).sort()).toEqual(["active", "standby"]);
});
