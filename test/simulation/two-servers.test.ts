/** What the two call servers owe each other: every record at both, whoever wrote it and whatever lay between them. */
import { describe, expect, test } from "vitest";
import { writeStoredRecord } from "../../host/io/stored-values.js";
import { serverAddresses } from "../support/simulated-call-server.js";
import { places, SimulatedSite, spokenMs } from "../support/simulated-site.js";

function talk(site: SimulatedSite, caller = "101", called = "201"): void {
  site.phone(caller).dial(called);
  expect(site.network.runUntil(() => site.phone(called).state === "talking", 10_000)).toBe(true);
  site.network.run(1_000);
}

function hangUp(site: SimulatedSite, called = "201"): number {
  const endedAtMs = site.network.at.nowMs;
  site.phone(called).hangUp();
  return spokenMs(site.phone(called), endedAtMs);
}

/** Each server's disk, as texts in one order. */
function disks(site: SimulatedSite): string[][] {
  const { primary, backup } = site.disks;
  return [primary, backup].map(({ cdrs }) => [...cdrs.values()].map(writeStoredRecord).sort());
}

/** Journal entries that the gateways still keep. */
function keptEntries(site: SimulatedSite): number {
  return site.gateways
    .map(({ core }) => core.snapshot(site.network.at.nowMs))
    .reduce((sum, { lineEvents, ended }) => sum + lineEvents.length + ended.length, 0);
}

const servers: string[] = Object.values(serverAddresses);
const between = (from: string, to: string) => servers.includes(from) && servers.includes(to);

describe("a record of the server in charge", () => {
  test("is on the standby's disk within moments, the same to the letter", () => {
    const site = new SimulatedSite(1);
    site.start("primary");
    site.start("backup");
    site.network.run(3_000);
    talk(site);
    hangUp(site);
    site.network.run(1_000);
    const [primary, backup] = disks(site);
    expect(primary).toHaveLength(1);
    expect(backup).toEqual(primary);
    site.network.run(10_000);
    expect(keptEntries(site)).toBe(0);
  });

  test("is kept by the gateways too while the standby lives and has not got it", () => {
    const site = new SimulatedSite(2);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    talk(site);
    // Heartbeats are small; a path that takes no larger datagram keeps the standby alive and the records away.
    site.network.isLost = (bytes, from, to) => between(from, to) && bytes.length > 200;
    hangUp(site);
    site.network.run(20_000);
    expect(disks(site).map(({ length }) => length)).toEqual([1, 0]);
    expect(keptEntries(site)).toBeGreaterThan(0);
    site.network.isLost = () => false;
    site.network.run(10_000);
    expect(disks(site).map(({ length }) => length)).toEqual([1, 1]);
    expect(keptEntries(site)).toBe(0);
    expect([primary.core.role, backup.core.role]).toEqual(["active", "standby"]);
  });

  test("is waited for no longer when a peer that lives takes none at all, as one of an earlier version", () => {
    const site = new SimulatedSite(3);
    site.start("primary");
    site.start("backup");
    site.network.run(3_000);
    talk(site);
    site.network.isLost = (bytes, from, to) => between(from, to) && bytes.length > 200;
    hangUp(site);
    site.network.run(60_000);
    expect(keptEntries(site)).toBe(0);
    expect(site.disks.primary.unshared(10)).toHaveLength(1);
  });

  test("is acknowledged by a survivor that runs alone, which tells its peer when that is back", () => {
    const site = new SimulatedSite(4);
    site.start("primary").kill();
    site.start("backup", { heartbeat: { secret: "a secret of the simulation", startGraceMs: 1_000 } });
    site.network.run(10_000);
    talk(site);
    hangUp(site);
    site.network.run(20_000);
    expect(keptEntries(site)).toBe(0);
    expect(disks(site).map(({ length }) => length)).toEqual([0, 1]);
    site.start("primary");
    site.network.run(5_000);
    const [primary, backup] = disks(site);
    expect(primary).toEqual(backup);
    expect([site.disks.primary.unshared(10), site.disks.backup.unshared(10)]).toEqual([[], []]);
  });
});

describe("a split network with both call servers alive", () => {
  /** The primary keeps the first gateway, the backup the second; the gateways go on hearing each other. */
  function split(site: SimulatedSite): void {
    const [first, second] = places.map(({ address }) => address);
    const { primary, backup } = serverAddresses;
    const isApart = (a: string, b: string) =>
      between(a, b) || (a === primary && b === second) || (a === backup && b === first);
    site.network.isCut = (from, to) => isApart(from, to) || isApart(to, from);
  }

  test("each is obeyed by what it reaches, calls go on, and joined again one is in charge of all", () => {
    const site = new SimulatedSite(5);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    talk(site);
    talk(site, "102", "202");
    split(site);
    site.network.run(15_000);
    expect([primary.core.role, backup.core.role]).toEqual(["active", "active"]);
    expect(site.gateways.map(({ disk }) => disk.epoch?.server)).toEqual(["primary", "backup"]);
    const [takeover] = backup.named("takeover");
    expect(takeover?.report.recovered.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("its other half is on gw1.example, which does not answer"),
      expect.stringContaining("its other half is on gw1.example, which does not answer"),
    ]);
    expect(takeover?.report.unreachable.map(({ gateway }) => gateway)).toEqual(["gw1.example"]);
    // One ends while they are apart, one after.
    const first = hangUp(site);
    site.network.run(15_000);
    expect(["102", "202"].map((number) => site.phone(number).state)).toEqual(["talking", "talking"]);
    site.network.isCut = () => false;
    site.network.run(45_000);
    // Whichever claims the other's gateway first.
    expect([primary.core.role, backup.core.role].sort()).toEqual(["active", "standby"]);
    const inCharge = primary.core.role === "active" ? "primary" : "backup";
    expect(site.gateways.map(({ disk }) => disk.epoch?.server)).toEqual([inCharge, inCharge]);
    expect(["102", "202"].map((number) => site.phone(number).state)).toEqual(["talking", "talking"]);
    const second = hangUp(site, "202");
    site.network.run(30_000);
    expect(site.openLegs).toBe(0);
    const [onPrimary, onBackup] = disks(site);
    expect(onPrimary).toEqual(onBackup);
    const billed = site.records.map(({ duration }) => duration?.ms ?? 0).sort((a, b) => a - b);
    expect(billed).toHaveLength(2);
    for (const [place, spoken] of [first, second].entries())
      expect(Math.abs((billed[place] ?? 0) - spoken)).toBeLessThan(1_000);
  });
});
