import { describe, expect, test } from "vitest";
import type { SimulatedCallServer } from "../support/simulated-call-server.js";
import { SimulatedSite, spokenMs } from "../support/simulated-site.js";

/** A call from 101 to 201 that is talked. */
function talk(site: SimulatedSite): void {
  site.phone("101").dial("201");
  const isTalking = () => site.phone("201").state === "talking" && site.phone("101").state === "talking";
  expect(site.network.runUntil(isTalking, 10_000)).toBe(true);
}

/** Hangs 201 up, lets everything settle, and returns how long was spoken. */
function hangUp(site: SimulatedSite): number {
  const endedAtMs = site.network.at.nowMs;
  site.phone("201").hangUp();
  site.network.run(12_000);
  return spokenMs(site.phone("201"), endedAtMs);
}

function billedMs(site: SimulatedSite): number {
  const records = site.records;
  expect(records).toHaveLength(1);
  return records[0]?.duration?.ms ?? Number.NaN;
}

function takeoverOf(server: SimulatedCallServer) {
  const [takeover] = server.named("takeover");
  if (takeover === undefined) throw new Error("there was no takeover");
  return takeover;
}

describe("a call under one call server", () => {
  test("is set up, talked, released and billed by the line events", () => {
    const site = new SimulatedSite(1);
    const primary = site.start("primary");
    site.network.run(3_000);
    talk(site);
    site.network.run(5_000);
    const spoken = hangUp(site);
    const [first, ...more] = primary.named("cdr");
    expect(more).toEqual([]);
    expect(first?.cdr.duration?.from).toBe("journalled");
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
    expect(first?.cdr).toMatchObject({ callingNumber: "101", calledNumber: "201", endCause: "called-on-hook" });
    expect(first?.cdr).toMatchObject({ originatingDevice: "101", originatingAddress: "127.10.1.1" });
    expect(first?.cdr).toMatchObject({ coding: { encoding: "PCMA" }, qos: { dscp: 46 } });
    expect(first?.cdr.terminatingStatistics?.packetsSent).toBe(100);
    expect(site.openLegs).toBe(0);
  });

  test("to a busy or unknown number is refused, and the line may call again", () => {
    const site = new SimulatedSite(2);
    site.start("primary");
    site.network.run(3_000);
    talk(site);
    site.phone("102").dial("201");
    site.phone("103").dial("299");
    site.network.run(3_000);
    expect([site.phone("102").state, site.phone("103").state]).toEqual(["on-hook", "on-hook"]);
    site.phone("102").dial("202");
    site.network.run(3_000);
    expect(site.phone("202").state).toBe("talking");
  });

  test("that nobody answers is released, and bills nothing", () => {
    const site = new SimulatedSite(3, null);
    site.start("primary", { calls: { noAnswerMs: 5_000 } });
    site.network.run(3_000);
    site.phone("101").dial("201");
    site.network.run(20_000);
    expect(site.phone("201").said.map(({ kind }) => kind)).toContain("ringing");
    expect([site.phone("101").state, site.phone("201").state]).toEqual(["on-hook", "on-hook"]);
    expect(site.openLegs).toBe(0);
    expect(site.records).toEqual([]);
  });

  test("given up while it rings leaves nothing behind", () => {
    const site = new SimulatedSite(4, null);
    site.start("primary");
    site.network.run(3_000);
    site.phone("101").dial("201");
    site.network.run(2_000);
    site.phone("101").hangUp();
    site.network.run(10_000);
    expect(site.phone("201").state).toBe("on-hook");
    expect(site.openLegs).toBe(0);
    expect(site.records).toEqual([]);
  });

  test("given up at any moment of its set-up leaves nothing behind", () => {
    for (let afterMs = 0; afterMs < 24; afterMs += 1) {
      const site = new SimulatedSite(100 + afterMs, null);
      site.start("primary");
      site.network.run(3_000);
      site.phone("101").dial("201");
      site.network.run(afterMs);
      site.phone("101").hangUp();
      site.network.run(40_000);
      expect([afterMs, site.openLegs, site.phone("201").state]).toEqual([afterMs, 0, "on-hook"]);
      site.phone("102").dial("201");
      site.network.run(3_000);
      expect([afterMs, site.phone("201").state]).toEqual([afterMs, "ringing"]);
    }
  });
});

describe("a call server that dies in mid-call", () => {
  test("is found dead in time, and its call goes on under the backup and is billed exactly", () => {
    const site = new SimulatedSite(5);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    talk(site);
    site.network.run(7_000);
    const killedAtMs = site.network.at.nowMs;
    primary.kill();
    site.network.run(6_000);
    const begun = backup.events.find(({ event }) => event.event === "takeover-begin");
    expect((begun?.atMs ?? Number.POSITIVE_INFINITY) - killedAtMs).toBeLessThanOrEqual(2_500);
    const { report, disagreements, unanswered, connections, agree } = takeoverOf(backup);
    expect(report.recovered).toHaveLength(1);
    expect({ disagreements, unanswered, agree }).toEqual({ disagreements: [], unanswered: [], agree: true });
    expect(connections).toBe(2);
    expect(site.phone("101").state).toBe("talking");
    const spoken = hangUp(site);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
    expect(site.openLegs).toBe(0);
  });

  test("and comes back while the backup is in charge stays a standby, and takes over when that dies", () => {
    const site = new SimulatedSite(6);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    talk(site);
    primary.kill();
    site.network.run(5_000);
    const again = site.start("primary");
    site.network.run(10_000);
    expect([again.core.role, backup.core.role]).toEqual(["standby", "active"]);
    backup.kill();
    site.network.run(6_000);
    expect(again.core.role).toBe("active");
    expect(takeoverOf(again).report.recovered).toHaveLength(1);
    const spoken = hangUp(site);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
    expect(site.openLegs).toBe(0);
  });

  test("and comes back before anyone missed it takes its own calls in hand again", () => {
    const site = new SimulatedSite(7);
    const primary = site.start("primary");
    site.start("backup");
    site.network.run(3_000);
    talk(site);
    primary.kill();
    const again = site.start("primary");
    site.network.run(10_000);
    expect(again.core.role).toBe("active");
    expect(again.named("in-charge")[0]?.report.recovered).toHaveLength(1);
    const spoken = hangUp(site);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
  });

  test("and wakes up after twenty seconds tears nothing down, and steps down", () => {
    const site = new SimulatedSite(8);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    talk(site);
    primary.pause();
    site.network.run(20_000);
    expect(backup.core.role).toBe("active");
    primary.resume();
    site.network.run(5_000);
    expect([primary.core.role, backup.core.role]).toEqual(["standby", "active"]);
    expect(site.phone("101").state).toBe("talking");
    const spoken = hangUp(site);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
  });

  test("while a call rings: the backup lets it ring on, and it can be answered", () => {
    const site = new SimulatedSite(9, 8_000);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    site.phone("101").dial("201");
    site.network.run(1_000);
    primary.kill();
    site.network.run(5_000);
    expect(takeoverOf(backup).report.recovered.map(({ phase }) => phase)).toEqual(["ringing"]);
    site.network.run(6_000);
    expect([site.phone("101").state, site.phone("201").state]).toEqual(["talking", "talking"]);
    const spoken = hangUp(site);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
  });

  test("before a ringing call is answered: the backup connects the two who wait", () => {
    const site = new SimulatedSite(10, 1_500);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    site.phone("101").dial("201");
    site.network.run(1_000);
    primary.kill();
    site.network.run(8_000);
    expect(takeoverOf(backup).report.recovered.map(({ phase }) => phase)).toEqual(["answered"]);
    expect([site.phone("101").state, site.phone("201").state]).toEqual(["talking", "talking"]);
    const spoken = hangUp(site);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
    expect(site.openLegs).toBe(0);
  });

  test("with its peer: a call that ended meanwhile is billed exactly by whoever comes first", () => {
    const site = new SimulatedSite(11);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(3_000);
    talk(site);
    primary.kill();
    backup.kill();
    site.network.run(4_000);
    const spoken = hangUp(site);
    site.start("backup", { heartbeat: { secret: "a secret of the simulation", startGraceMs: 1_000 } });
    site.network.run(20_000);
    expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(20);
    expect(site.openLegs).toBe(0);
    expect(site.phone("101").state).toBe("on-hook");
  });
});

/** A telephone's BYE that is lost twice reaches its gateway so late (RFC 3261 section 17.1.2.2: 500 and 1,000 ms). */
const byeLateMs = 1_500;

describe("in bad weather", () => {
  test("thirty per cent of loss, or a burst shorter than deadAfterMs, never causes a takeover", () => {
    for (let seed = 0; seed < 6; seed += 1) {
      const site = new SimulatedSite(1_000 + seed);
      site.start("primary");
      const backup = site.start("backup");
      site.network.run(5_000);
      site.network.weather = { loss: 0.3, repetition: 0.05, delayMinMs: 1, delayMaxMs: 40 };
      site.network.run(60_000);
      site.network.weather = { loss: 1, repetition: 0, delayMinMs: 1, delayMaxMs: 2 };
      site.network.run(1_950);
      site.network.weather = { loss: 0, repetition: 0, delayMinMs: 1, delayMaxMs: 40 };
      site.network.run(10_000);
      expect([seed, backup.named("takeover-begin")]).toEqual([seed, []]);
    }
  });

  test("a call outlives its server, and is billed once", () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const site = new SimulatedSite(2_000 + seed);
      const primary = site.start("primary");
      const backup = site.start("backup");
      site.network.run(5_000);
      talk(site);
      site.network.weather = { loss: 0.1, repetition: 0.05, delayMinMs: 1, delayMaxMs: 30 };
      site.network.run(1_000 + 5_000 * site.random());
      primary.kill();
      site.network.run(15_000);
      expect([seed, backup.core.role]).toEqual([seed, "active"]);
      expect([seed, site.phone("101").state]).toEqual([seed, "talking"]);
      const spoken = hangUp(site);
      site.network.run(30_000);
      expect(Math.abs(billedMs(site) - spoken)).toBeLessThan(byeLateMs + 1_000);
      expect([seed, site.openLegs]).toEqual([seed, 0]);
    }
  });
});
