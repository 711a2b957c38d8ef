/** What a gateway says of a restart is asked before it is believed; and one that did restart is taken in hand in one round. */
import { describe, expect, test } from "vitest";
import { serverAddresses } from "../support/simulated-call-server.js";
import { checkpointMs } from "../support/simulated-gateway.js";
import { places, SimulatedSite } from "../support/simulated-site.js";

function talkingSite(seed: number) {
  const site = new SimulatedSite(seed);
  const servers = { primary: site.start("primary"), backup: site.start("backup") };
  site.network.run(3_000);
  site.phone("101").dial("201");
  expect(site.network.runUntil(() => site.phone("201").state === "talking", 10_000)).toBe(true);
  site.network.run(7_000);
  const commands: string[] = [];
  site.network.observe = (bytes, _from, to) => {
    if (to.port === 2427) commands.push(Buffer.from(bytes).toString("latin1"));
  };
  const count = (verb: string) => commands.filter((text) => text.startsWith(verb)).length;
  return { site, ...servers, count };
}

describe("a gateway that says it has restarted", () => {
  test("while its calls are up is audited, and no call is touched", () => {
    const { site, primary, count } = talkingSite(1);
    const [place] = places;
    const text = `RSIP 4711 *@${place?.name} MGCP 1.0\r\nRM: restart\r\n`;
    const from = { address: place?.address ?? "", port: 2427 };
    site.network.send(from, { address: serverAddresses.primary, port: 2727 }, Buffer.from(text));
    site.network.run(15_000);
    expect(primary.named("gateway-restart")).toMatchObject([{}, {}, { gateway: place?.name, reason: "restart *" }]);
    expect([count("DLCX"), count("CRCX")]).toEqual([0, 0]);
    expect([site.phone("101").state, site.phone("201").state]).toEqual(["talking", "talking"]);
    site.phone("101").hangUp();
    site.network.run(12_000);
    expect(site.records).toHaveLength(1);
  });

  test("and asks the server that stands by first is sent to the one in charge, and heard there", () => {
    const { site, primary, backup } = talkingSite(6);
    primary.kill();
    expect(site.network.runUntil(() => backup.core.role === "active", 10_000)).toBe(true);
    const standby = site.start("primary");
    expect(site.network.runUntil(() => standby.core.role === "standby", 10_000)).toBe(true);
    site.network.run(5_000);
    const heard = () => backup.named("gateway-restart").filter(({ gateway }) => gateway === places[0]?.name).length;
    const before = heard();
    site.crashGateway(0);
    site.network.run(500);
    site.restartGateway(0);
    site.network.run(500);
    expect(standby.core.role).toBe("standby");
    expect(heard()).toBeGreaterThan(before);
    expect(site.phone("201").state).toBe("on-hook");
  });

  test("and has is taken in hand in one round; the half that is left is released, and the call billed to the last checkpoint", () => {
    const { site, primary, count } = talkingSite(2);
    const answeredAtMs = site.phone("201").said.find(({ kind }) => kind === "answered")?.atMs ?? 0;
    const crashedAtMs = site.network.at.nowMs;
    site.crashGateway(0);
    site.network.run(500);
    site.restartGateway(0);
    site.network.run(20_000);
    // Its every answer brings the restart along until that was heard: each must not begin a round of its own.
    expect(count("EPCF")).toBeLessThanOrEqual(4);
    expect(site.phone("201").state).toBe("on-hook");
    expect(primary.core.role).toBe("active");
    expect(site.openLegs).toBe(0);
    const [record, ...more] = site.records;
    expect(more).toEqual([]);
    const lostMs = crashedAtMs - answeredAtMs - (record?.duration?.ms ?? Number.NaN);
    expect(lostMs).toBeLessThanOrEqual(checkpointMs + 1_000);
    expect(lostMs).toBeGreaterThanOrEqual(-2_000);
  });
});

describe("a gateway that dies while nobody is in charge", () => {
  test.each([0, 1] as const)("ends its calls when it died, however late the other half is released (%i)", (side) => {
    const { site, primary, backup } = talkingSite(5);
    primary.kill();
    backup.kill();
    site.network.run(4_000);
    const answeredAtMs = site.phone("201").said.find(({ kind }) => kind === "answered")?.atMs ?? 0;
    const crashedAtMs = site.network.at.nowMs;
    site.crashGateway(side);
    site.network.run(2_000);
    site.restartGateway(side);
    site.network.run(60_000);
    site.start("backup");
    site.network.run(20_000);
    expect(site.openLegs).toBe(0);
    expect(site.records).toMatchObject([{ endCause: "gateway-ended", end: { from: "journalled" } }]);
    const tooShortMs = crashedAtMs - answeredAtMs - (site.records[0]?.duration?.ms ?? 0);
    expect(tooShortMs).toBeGreaterThan(-1_000);
    expect(tooShortMs).toBeLessThanOrEqual(checkpointMs + 1_000);
  });
});

describe("a call that was answered while no call server lived, and never connected", () => {
  /** 102 on the gateway that is to die answers 101; nobody is there to connect them. */
  function answeredUnconnected(seed: number) {
    const site = new SimulatedSite(seed, 500);
    const primary = site.start("primary");
    site.network.run(3_000);
    site.phone("101").dial("102");
    expect(site.network.runUntil(() => primary.named("call-state").at(-1)?.state === "ringing", 10_000)).toBe(true);
    primary.kill();
    expect(site.network.runUntil(() => site.phone("102").state === "talking", 10_000)).toBe(true);
    site.network.run(2_000);
    return site;
  }

  function crashAndRecover(site: SimulatedSite) {
    site.crashGateway(0);
    site.network.run(2_000);
    site.restartGateway(0);
    site.start("primary");
    site.network.run(20_000);
    return site.records;
  }

  test("has who called whom on its record, though its gateway died after it was over", () => {
    const site = answeredUnconnected(3);
    site.phone("102").hangUp();
    site.network.run(300);
    const records = crashAndRecover(site);
    expect(records).toMatchObject([{ callingNumber: "101", calledNumber: "102", endCause: "called-on-hook" }]);
    expect(records[0]?.bootId).not.toBe("");
    expect(Math.abs((records[0]?.duration?.ms ?? 0) - 2_000)).toBeLessThan(1_000);
  });

  test("has so too where its gateway died during it, and ends at the last checkpoint", () => {
    const records = crashAndRecover(answeredUnconnected(4));
    expect(records).toMatchObject([{ callingNumber: "101", calledNumber: "102", endCause: "gateway-ended" }]);
    expect(records[0]?.end?.from).toBe("journalled");
    expect(records[0]?.duration?.ms).toBeLessThanOrEqual(2_000 + checkpointMs);
  });
});
