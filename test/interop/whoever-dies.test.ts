/**
 * Whoever dies: the deaths of one exchange of real processes, one after another, each with calls up. What became of the calls
 * is judged by what the telephones were told and what both stores list, as after a chaos run (test/chaos).
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ProgramEvent } from "../../host/cli/demo/program.js";
import { Aftermath } from "../chaos/aftermath.js";
import { Performance } from "../chaos/performance.js";
import type { Victim } from "../chaos/schedule.js";
import { ChaosSite } from "../chaos/site.js";
import { type ServerRole, serverRoles } from "../support/exchange-configuration.js";
import { WireCallAgent } from "../support/wire-call-agent.js";

const site = new ChaosSite({ net: 100, gateways: 3, telephonesEach: 2 }, (outcry) => performance.heard(outcry));
const performance: Performance = new Performance(site, () => undefined);
/** Across the three gateways. */
const pairs = [
  ["101", "201"],
  ["202", "301"],
  ["302", "102"],
] as const;
const talkers = pairs.flat();
const withinMs = 30_000;
const never = 3_600_000;
const times = { atMs: 0, ringMs: 200, talkMs: never, patienceMs: never };
const plan = { kind: "call", ...times, hangsUp: "caller", evenIfBusy: false } as const;

function inCharge(): ServerRole {
  return performance.inCharge;
}

function heir(): ServerRole {
  return inCharge() === "primary" ? "backup" : "primary";
}

/** The next time one says so, in this life of it. */
function said(whom: Victim, name: string, matches: (event: ProgramEvent) => boolean = () => true) {
  const program = site.programs.named(whom);
  const seen = program.events.length;
  const isNew = (event: ProgramEvent) => !program.events.slice(0, seen).includes(event);
  return program.event(name, (event) => event.event === name && isNew(event) && matches(event), withinMs);
}

async function callsUp(): Promise<void> {
  for (const [caller, called] of pairs) performance.dial({ ...plan, caller, called });
  await expect.poll(() => talkers.map(wordOf), { timeout: withinMs }).toEqual(talkers.map(() => "talking"));
}

function wordOf(number: string): string {
  return performance.wordOf(number);
}

/** Everything lives again, all hang up, and nothing is left to complain of in the whole history. */
async function allIsWell(): Promise<void> {
  const verdict = await new Aftermath(site, performance, () => undefined).verdict();
  expect(verdict.wrong).toEqual([]);
  expect(verdict.answered).toBeGreaterThanOrEqual(pairs.length);
}

beforeAll(() => site.start(), 60_000);

afterAll(async () => {
  performance.end();
  await site.programs.end();
  site.programs.removeFolder();
});

describe("calls go on, and each is billed once, when", () => {
  beforeEach(callsUp, withinMs);

  test("the call server in charge is killed, and comes back to stand by", async () => {
    const [dead, next] = [inCharge(), heir()];
    const takeover = said(next, "takeover");
    performance.kill(dead);
    const { report } = await takeover;
    expect(report).toMatchObject({ recovered: pairs.map(() => ({ phase: "talking" })), orphaned: [], conflicting: [] });
    await performance.restore(dead);
    await said(dead, "role", ({ role }) => role === "standby");
    expect(talkers.map(wordOf)).toEqual(talkers.map(() => "talking"));
    await allIsWell();
  }, 90_000);

  test("the heir, too, is killed in the midst of taking over", async () => {
    const [dead, next] = [inCharge(), heir()];
    const begun = said(next, "takeover-begin");
    performance.kill(dead);
    await begun;
    performance.kill(next);
    await performance.restore(next);
    await said(next, "role", ({ role }) => role === "active");
    expect(talkers.map(wordOf)).toEqual(talkers.map(() => "talking"));
    await allIsWell();
  }, 90_000);

  test("both call servers are killed, one is started, and a call ends before the other one is", async () => {
    const [dead, next] = [inCharge(), heir()];
    for (const role of serverRoles) performance.kill(role);
    performance.hangUp("202");
    await performance.restore(next);
    await said(next, "role", ({ role }) => role === "active");
    await expect.poll(() => wordOf("301"), { timeout: withinMs }).toBe("hung-up");
    expect(["101", "201", "302", "102"].map(wordOf)).toEqual(["talking", "talking", "talking", "talking"]);
    await performance.restore(dead);
    await said(dead, "role", ({ role }) => role === "standby");
    await allIsWell();
  }, 120_000);

  test("the call server in charge is stopped for 20 s: what it says then is refused, and it steps down", async () => {
    const [stopped, next] = [inCharge(), heir()];
    const { epoch = 0 } = (await site.calls(stopped)) ?? {};
    const takeover = said(next, "takeover");
    performance.stop(stopped);
    await takeover;
    await pause(20_000);
    expect(await refusals(stopped, epoch)).toEqual([801, 801]);
    const stepsDown = said(stopped, "role", ({ role }) => role === "standby");
    await performance.restore(stopped);
    await stepsDown;
    expect(talkers.map(wordOf)).toEqual(talkers.map(() => "talking"));
    await allIsWell();
  }, 120_000);

  test("a gateway is killed: what was its half is released, what was not goes on, and it serves again", async () => {
    performance.kill("gateway 1");
    await pause(1_000);
    await performance.restore("gateway 1");
    await expect.poll(() => ["201", "302"].map(wordOf), { timeout: withinMs }).toEqual(["hung-up", "hung-up"]);
    expect(["202", "301"].map(wordOf)).toEqual(["talking", "talking"]);
    for (const number of ["101", "102"]) performance.hangUp(number);
    await expect.poll(() => ["101", "102"].map(wordOf), { timeout: withinMs }).toEqual(["hung-up", "hung-up"]);
    performance.dial({ ...plan, caller: "302", called: "101" });
    await expect.poll(() => ["302", "101"].map(wordOf), { timeout: withinMs }).toEqual(["talking", "talking"]);
    await allIsWell();
  }, 90_000);
});

/** The codes of deletions of all that is on a line, told by this server's address with its old epoch, and without one. */
async function refusals(role: ServerRole, epoch: number): Promise<number[]> {
  const [gateway] = site.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  const place = { address: gateway.address, port: 2427 };
  const agent = await WireCallAgent.open({ address: site.servers[role], port: 2799 }, place);
  const line = `aaln/1@${gateway.name}`;
  const old = await agent.command("DLCX", line, [`x-ho/E: ${epoch} ${role}`]);
  const bare = await agent.command("DLCX", line, []);
  agent.close();
  return [old.code, bare.code];
}
