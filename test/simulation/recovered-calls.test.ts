/**
 * Calls that are more than answered, and lines of the reconciliation report: calls on hold, coded one way here and another
 * there, ended, halved or with a connection too many when nobody is in charge. Whatever it was: each is released at its
 * hang-up, and billed once.
 */
import { describe, expect, test } from "vitest";
import type { Address } from "../../firmware/protocol/address.js";
import type { MgcpParameters, MgcpVerb } from "../../firmware/protocol/mgcp/message.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { type SimulatedCallServer, serverAddresses } from "../support/simulated-call-server.js";
import { checkpointMs } from "../support/simulated-gateway.js";
import { SimulatedSite, spokenMs } from "../support/simulated-site.js";

const [first, second] = ["gw1.example", "gw2.example"] as const;

/** Both servers up and a call from 101 to 201 that is talked; `calls`: the servers' policy. */
function talkingSite(seed: number, calls: object = {}, codings?: readonly string[]) {
  const site = new SimulatedSite(seed, 500, null, codings);
  const [primary, backup] = [site.start("primary", { calls }), site.start("backup", { calls })];
  site.network.run(3_000);
  site.phone("101").dial("201");
  expect(site.network.runUntil(() => site.phone("201").state === "talking", 10_000)).toBe(true);
  site.network.run(2_000);
  return { site, primary, backup };
}

/** What the primary commands besides what a call needs: its features. */
class Features {
  readonly #site: SimulatedSite;
  readonly #agent: HandCallAgent;

  constructor(site: SimulatedSite) {
    this.#site = site;
    this.#agent = new HandCallAgent({ address: serverAddresses.primary, port: 2728 }, site.network, site.random);
  }

  modify(side: 0 | 1, parameters: MgcpParameters, session: string | null = null): void {
    const [connection] = connectionsOf(this.#site, side);
    const { callId = "", connectionId = "" } = connection ?? {};
    const named = { callId, connectionIds: [connectionId], ...parameters };
    const { code } = this.#command(side, "MDCX", "aaln/1", named, session);
    expect(code).toBe(200);
  }

  /** One more connection of the call, on the line beside. */
  add(side: 0 | 1): void {
    const [connection] = connectionsOf(this.#site, side);
    const { code } = this.#command(
      side,
      "CRCX",
      "aaln/2",
      { callId: connection?.callId ?? "", mode: "inactive" },
      null,
    );
    expect(code).toBe(200);
  }

  #command(side: 0 | 1, verb: MgcpVerb, line: string, parameters: MgcpParameters, session: string | null) {
    const { options, disk } = gatewayOf(this.#site, side);
    this.#agent.epoch = disk.epoch;
    const to = { address: options.address, port: options.mgcpPort };
    return this.#agent.command(to, verb, `${line}@${options.name}`, parameters, session);
  }
}

function gatewayOf(site: SimulatedSite, side: 0 | 1) {
  const gateway = site.gateways[side];
  if (gateway === undefined) throw new Error(`no gateway ${side}`);
  return gateway;
}

function connectionsOf(site: SimulatedSite, side: 0 | 1) {
  return gatewayOf(site, side).core.snapshot(site.network.at.nowMs).connections;
}

/** A session description of this one static payload type. */
function describedAs(media: Address | null | undefined, payloadType: number): string {
  const { address, port } = media ?? { address: "", port: 0 };
  const lines = ["v=0", `o=- 2 2 IN IP4 ${address}`, "s=-", `c=IN IP4 ${address}`, "t=0 0"];
  return [...lines, `m=audio ${port} RTP/AVP ${payloadType}`, "a=ptime:20", ""].join("\r\n");
}

function modes(site: SimulatedSite) {
  return ([0, 1] as const).map((side) => connectionsOf(site, side).map(({ mode }) => mode));
}

/** The primary dies, and the backup has taken over. */
function takenOver(site: SimulatedSite, primary: SimulatedCallServer, backup: SimulatedCallServer) {
  primary.kill();
  site.network.run(10_000);
  const [takeover] = backup.named("takeover");
  if (takeover === undefined) throw new Error("there was no takeover");
  return takeover;
}

/** 201 hangs up; everything is released, and there is one record of as long as was spoken. */
function expectBilledOnce(site: SimulatedSite) {
  const endedAtMs = site.network.at.nowMs;
  site.phone("201").hangUp();
  site.network.run(15_000);
  const [record, ...more] = site.records;
  expect([more, site.openLegs]).toEqual([[], 0]);
  expect(["101", "201"].map((number) => site.phone(number).state)).toEqual(["on-hook", "on-hook"]);
  expect(Math.abs((record?.duration?.ms ?? Number.NaN) - spokenMs(site.phone("201"), endedAtMs))).toBeLessThan(20);
  return record;
}

describe("a call on hold when its server dies", () => {
  const holds = [
    ["inactive", "sendrecv"],
    ["sendonly", "recvonly"],
    ["inactive", "inactive"],
    ["sendrecv", "sendonly"],
  ] as const;

  test.each(holds)(
    "as %s and %s is recovered as held, stays on hold, and is billed from answer to hang-up",
    (...held) => {
      const { site, primary, backup } = talkingSite(1);
      const features = new Features(site);
      for (const side of [0, 1] as const) features.modify(side, { mode: held[side] });
      site.network.run(7_000);
      const { report, agree, disagreements } = takenOver(site, primary, backup);
      expect({ agree, disagreements }).toEqual({ agree: true, disagreements: [] });
      const states = held.map((mode) => ({ mode, state: mode === "sendrecv" ? "up" : "held" }));
      expect(report).toMatchObject({
        recovered: [{ phase: "talking", connections: states }],
        endedMeanwhile: [],
        orphaned: [],
        conflicting: [],
        unreachable: [],
      });
      for (const [side, name] of [first, second].entries()) {
        const [row, ...more] = backup.core.records.connections(name);
        expect(more).toEqual([]);
        expect(row).toMatchObject({ ...states[side], origin: { device: "101" }, qos: { dscp: 46 } });
        expect(row).toMatchObject({ sendCoding: { encoding: "PCMA" }, tag: expect.stringContaining("201") });
        expect(row?.durationMs).toBeGreaterThan(9_000);
      }
      site.network.run(10_000);
      expect(modes(site)).toEqual(held.map((mode) => [mode]));
      expectBilledOnce(site);
    },
  );

  test("but before anyone knew, is recovered from what the gateways say then", () => {
    const { site, primary, backup } = talkingSite(2);
    new Features(site).modify(0, { mode: "inactive" });
    const { report } = takenOver(site, primary, backup);
    expect(report.recovered).toMatchObject([{ phase: "talking", connections: [{ state: "held" }, { state: "up" }] }]);
    expectBilledOnce(site);
  });

  test("and comes back at once is taken in hand again by it", () => {
    const { site, primary } = talkingSite(3);
    new Features(site).modify(1, { mode: "sendonly" });
    primary.kill();
    const again = site.start("primary");
    site.network.run(10_000);
    const [inCharge] = again.named("in-charge");
    expect(inCharge?.report.recovered).toMatchObject([{ connections: [{ state: "up" }, { state: "held" }] }]);
    expect(modes(site)).toEqual([["sendrecv"], ["sendonly"]]);
    expectBilledOnce(site);
  });

  test("with its peer, and is hung up meanwhile, is reported as ended meanwhile and billed exactly", () => {
    const { site, primary, backup } = talkingSite(4);
    new Features(site).modify(0, { mode: "inactive" });
    primary.kill();
    backup.kill();
    site.network.run(4_000);
    const endedAtMs = site.network.at.nowMs;
    site.phone("201").hangUp();
    site.network.run(1_000);
    const again = site.start("primary");
    site.network.run(15_000);
    const [record, ...more] = site.records;
    expect([more, site.openLegs]).toEqual([[], 0]);
    expect(Math.abs((record?.duration?.ms ?? Number.NaN) - spokenMs(site.phone("201"), endedAtMs))).toBeLessThan(20);
    const report = again.named("in-charge")[0]?.report;
    expect(report).toMatchObject({
      recovered: [],
      endedMeanwhile: [{ callId: record?.callId, callingNumber: record?.callingNumber }],
      orphaned: [],
      conflicting: [],
    });
  });
});

describe("a transcoded call when its server dies", () => {
  const transcoded = [
    ["PCMA", { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 }],
    ["G722", { encoding: "G722", clockRateHz: 8000, payloadType: 9, ptimeMs: 20 }],
  ] as const;

  test.each(transcoded)(
    "PCMU at its telephones and %s between the gateways, is recovered with both codings",
    (name, coding) => {
      const { site, primary, backup } = talkingSite(10, { encodings: [name] }, ["PCMA", "PCMU", "G722"]);
      const opened = gatewayOf(site, 0).commands.flatMap((one) => (one.kind === "open" ? [one.settings] : []));
      expect(opened.map(({ receiveCoding }) => receiveCoding?.encoding)).toEqual(["PCMU", name]);
      const { report, agree } = takenOver(site, primary, backup);
      const row = { state: "up", sendCoding: coding, receiveCoding: coding };
      expect({ report, agree }).toMatchObject({ report: { recovered: [{ connections: [row, row] }] }, agree: true });
      expect(expectBilledOnce(site)?.coding).toEqual(coding);
    },
  );

  test("between one gateway's new coding and the other's is recovered with what each codes", () => {
    const { site, primary, backup } = talkingSite(11);
    // What the other gateway would be told next.
    new Features(site).modify(0, {}, describedAs(connectionsOf(site, 1)[0]?.localMedia, 0));
    site.network.run(7_000);
    const { report, agree } = takenOver(site, primary, backup);
    const [pcmu, pcma] = [{ encoding: "PCMU" }, { encoding: "PCMA" }];
    expect({ report, agree }).toMatchObject({
      report: {
        recovered: [
          {
            connections: [
              { sendCoding: pcmu, receiveCoding: pcmu },
              { sendCoding: pcma, receiveCoding: pcma },
            ],
          },
        ],
      },
      agree: true,
    });
    expectBilledOnce(site);
  });

  test("and on hold too, is recovered as both", () => {
    const { site, primary, backup } = talkingSite(12, { encodings: ["G722"] }, ["PCMA", "PCMU", "G722"]);
    new Features(site).modify(1, { mode: "inactive" });
    site.network.run(7_000);
    const { report } = takenOver(site, primary, backup);
    const sendCoding = { encoding: "G722" };
    expect(report.recovered).toMatchObject([
      {
        connections: [
          { state: "up", sendCoding },
          { state: "held", sendCoding },
        ],
      },
    ]);
    expectBilledOnce(site);
  });
});

describe("the reconciliation report", () => {
  test("has a call whose other gateway died as recovered and that gateway as unreachable; back, the call is billed to its last checkpoint", () => {
    const { site, primary, backup } = talkingSite(20);
    site.network.run(7_000);
    const answeredAtMs = site.phone("201").said.find(({ kind }) => kind === "answered")?.atMs ?? 0;
    const crashedAtMs = site.network.at.nowMs;
    site.crashGateway(0);
    primary.kill();
    site.network.run(20_000);
    const report = backup.named("takeover")[0]?.report;
    expect(report?.recovered).toMatchObject([{ reason: expect.stringContaining(first), connections: [{}] }]);
    expect(report?.unreachable).toMatchObject([{ gateway: first }]);
    expect(site.phone("201").state).toBe("talking");
    site.restartGateway(0);
    site.network.run(60_000);
    expect([site.phone("201").state, site.openLegs]).toEqual(["on-hook", 0]);
    const [record, ...more] = site.records;
    expect(more).toEqual([]);
    const lostMs = crashedAtMs - answeredAtMs - (record?.duration?.ms ?? Number.NaN);
    expect(lostMs).toBeLessThanOrEqual(checkpointMs + 1_000);
    expect(lostMs).toBeGreaterThanOrEqual(-2_000);
  });

  test("has a call that lost one half while nobody was in charge as orphaned, released and billed once", () => {
    const { site, primary, backup } = talkingSite(21);
    site.network.run(7_000);
    primary.kill();
    site.crashGateway(1);
    site.network.run(200);
    site.restartGateway(1);
    site.network.run(20_000);
    const report = backup.named("takeover")[0]?.report;
    expect(report).toMatchObject({
      recovered: [],
      orphaned: [{ reason: `${second} has no other half`, connections: [{ gateway: first }] }],
      unreachable: [],
    });
    expect([site.openLegs, site.phone("101").state, site.records.length]).toEqual([0, "on-hook", 1]);
  });

  test("has a call with a connection too many as conflicting; that one goes, the call goes on", () => {
    const { site, primary, backup } = talkingSite(22);
    new Features(site).add(1);
    const { report } = takenOver(site, primary, backup);
    expect(report).toMatchObject({
      recovered: [],
      conflicting: [{ phase: "talking", reason: "1 connections too many" }],
    });
    expect(modes(site)).toEqual([["sendrecv"], ["sendrecv"]]);
    expectBilledOnce(site);
  });

  test("has a call that was hung up during the outage as ended meanwhile", () => {
    const { site, primary, backup } = talkingSite(23);
    primary.kill();
    const endedAtMs = site.network.at.nowMs;
    for (const number of ["101", "201"]) site.phone(number).hangUp();
    site.network.run(15_000);
    const [record, ...more] = site.records;
    const report = backup.named("takeover")[0]?.report;
    expect(report).toMatchObject({
      recovered: [],
      endedMeanwhile: [{ callId: record?.callId, callingNumber: record?.callingNumber }],
      orphaned: [],
      conflicting: [],
    });
    expect([more, site.openLegs]).toEqual([[], 0]);
    expect(Math.abs((record?.duration?.ms ?? Number.NaN) - spokenMs(site.phone("201"), endedAtMs))).toBeLessThan(20);
  });

  test("has a call whose set-up was broken off as orphaned, and nothing is billed", () => {
    const site = new SimulatedSite(24, null);
    const [primary, backup] = [site.start("primary"), site.start("backup")];
    site.network.run(3_000);
    site.phone("101").dial("201");
    expect(site.network.runUntil(() => connectionsOf(site, 1).length > 0, 10_000)).toBe(true);
    const { report } = takenOver(site, primary, backup);
    expect(report.orphaned).toMatchObject([{ phase: "unfinished", reason: "its set-up was not finished" }]);
    site.network.run(10_000);
    expect([site.openLegs, site.records]).toEqual([0, []]);
  });
});
