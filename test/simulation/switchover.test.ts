import { describe, expect, test } from "vitest";
import { epochNumberMax } from "../../firmware/protocol/mgcp/recovery-package.js";
import { serverAddresses } from "../support/simulated-call-server.js";
import { SimulatedSite } from "../support/simulated-site.js";

const plain = { command: "switchover", resetEpoch: false } as const;

/** Both servers up, a call from 101 to 201 talked and one from 102 to 202 ringing. */
function busySite(seed: number) {
  const site = new SimulatedSite(seed, null);
  const servers = { primary: site.start("primary"), backup: site.start("backup") };
  site.network.run(3_000);
  site.phone("101").dial("201");
  site.network.run(1_000);
  site.phone("201").answer();
  site.network.run(1_000);
  site.phone("102").dial("202");
  site.network.run(1_000);
  return { site, ...servers };
}

function states(site: SimulatedSite): string[] {
  return ["101", "201", "102", "202"].map((number) => site.phone(number).state);
}

describe("a switchover by the operator's word", () => {
  test("puts the backup in charge at once: who talks goes on talking, what rings goes on ringing", () => {
    const { site, primary, backup } = busySite(1);
    const before = states(site);
    backup.control(plain);
    site.network.run(1_000);
    expect([primary.core.role, backup.core.role]).toEqual(["standby", "active"]);
    expect(backup.replies).toMatchObject([
      { ok: true, server: "backup", outcome: "took over", facts: { from: "primary" } },
    ]);
    const [takeover] = backup.named("takeover");
    expect(takeover?.report.recovered.map(({ phase }) => phase).sort()).toEqual(["ringing", "talking"]);
    expect(states(site)).toEqual(before);
    site.phone("202").answer();
    site.network.run(1_000);
    expect(states(site)).toEqual(["talking", "talking", "talking", "talking"]);
    for (const number of ["101", "102"]) site.phone(number).hangUp();
    site.network.run(12_000);
    expect(site.records.map(({ endCause }) => endCause)).toEqual(["calling-on-hook", "calling-on-hook"]);
    expect(site.openLegs).toBe(0);
  });

  test("puts the primary back in charge the same way, and is needless where it is in charge", () => {
    const { site, primary, backup } = busySite(2);
    backup.control(plain);
    site.network.run(10_000);
    primary.control(plain);
    site.network.run(10_000);
    expect([primary.core.role, backup.core.role]).toEqual(["active", "standby"]);
    primary.control(plain);
    expect(primary.replies).toMatchObject([{ outcome: "took over" }, { outcome: "already in charge", facts: null }]);
    expect(site.phone("201").state).toBe("talking");
  });

  test("changes nothing where no gateway can be had", () => {
    const { site, primary, backup } = busySite(3);
    const gateways = site.gateways.map(({ options }) => options.address);
    site.network.isCut = (from, to) =>
      [from, to].includes(serverAddresses.backup) && [from, to].some((address) => gateways.includes(address));
    site.network.run(20_000);
    backup.control(plain);
    site.network.run(5_000);
    expect(backup.replies).toMatchObject([{ ok: false, reason: expect.stringContaining("no gateway has answered") }]);
    expect([primary.core.role, backup.core.role]).toEqual(["active", "standby"]);
  });

  test("needs no word with the server that is pushed aside: the gateways obey the new one alone", () => {
    const { site, primary, backup } = busySite(4);
    const servers: string[] = Object.values(serverAddresses);
    site.network.isCut = (from, to) => servers.includes(from) && servers.includes(to);
    backup.control(plain);
    site.network.run(15_000);
    expect([primary.core.role, backup.core.role]).toEqual(["standby", "active"]);
    expect(site.phone("201").state).toBe("talking");
  });

  test("is answered too when another takes over meanwhile", () => {
    const { site, primary, backup } = busySite(5);
    backup.control(plain);
    primary.control(plain);
    site.network.run(30_000);
    expect([primary.replies.length, backup.replies.length]).toEqual([1, 1]);
    expect([primary.core.role, backup.core.role].sort()).toEqual(["active", "standby"]);
    expect(site.phone("201").state).toBe("talking");
  });
});

describe("gateways whose epoch cannot be raised any more", () => {
  const stuck = { number: epochNumberMax, server: "somebody" };

  test("are claimed by nobody, which says what to do; with the epoch reset they are, and a failover works again", () => {
    const site = new SimulatedSite(6, 500, stuck);
    const primary = site.start("primary");
    const backup = site.start("backup");
    site.network.run(20_000);
    const [down] = primary.named("gateway-down");
    expect(down?.reason).toContain("holdover switchover --reset-epoch");
    primary.control({ command: "switchover", resetEpoch: true });
    site.network.run(5_000);
    expect(primary.replies).toMatchObject([{ outcome: "took over", facts: { report: { unreachable: [] } } }]);
    expect(site.gateways.map(({ disk }) => disk.epoch)).toEqual([
      { number: 1, server: "primary" },
      { number: 1, server: "primary" },
    ]);
    site.phone("101").dial("201");
    site.network.run(8_000);
    primary.kill();
    site.network.run(8_000);
    expect(backup.core.role).toBe("active");
    expect(site.gateways.map(({ disk }) => disk.epoch?.server)).toEqual(["backup", "backup"]);
    expect(site.phone("101").state).toBe("talking");
  });

  test("are not reset by a switchover that was not told to", () => {
    const site = new SimulatedSite(7, 500, stuck);
    site.start("primary");
    const backup = site.start("backup");
    site.network.run(10_000);
    backup.control(plain);
    site.network.run(10_000);
    expect(site.gateways.map(({ disk }) => disk.epoch)).toEqual([stuck, stuck]);
    expect(backup.replies).toMatchObject([{ facts: { report: { unreachable: [{}, {}] } } }]);
  });
});
