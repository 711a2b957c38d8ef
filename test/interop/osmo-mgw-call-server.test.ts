/**
 * Our whole call server, a process of its own, with Debian's osmo-mgw as its only gateway: no package of ours, no requests
 * within connection commands, no mode inactive, no audit that tells anything. osmo-mgw has no lines, so what lines notify
 * is sent by the test, from its address, and the telephones are second connections on its endpoints.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program, type ProgramEvent } from "../../host/cli/demo/program.js";
import { osmoMgw, type RunningGateway, startOsmoMgw } from "../support/osmo-mgw.js";
import { holdoverBin } from "../support/programs.js";
import { WireCallAgent } from "../support/wire-call-agent.js";
import { mediaOf, WireRtpPeer } from "../support/wire-rtp-peer.js";

const folder = mkdtempSync(join(tmpdir(), "holdover-osmo-server-"));
const gateway = { address: "127.41.3.1", port: 2427 };
const server = { address: "127.41.3.2", port: 2727 };
const withinMs = 10_000;

function isState(state: string): (event: ProgramEvent) => boolean {
  return (event) => event.event === "call-state" && event.state === state;
}

describe.skipIf(!osmoMgw.installed)("osmo-mgw under our call server", () => {
  let osmo: RunningGateway | null = null;
  let program: Program | null = null;
  const peers: WireRtpPeer[] = [];
  /** The lines that osmo-mgw does not have, to the call server; and the telephones' own connections, to osmo-mgw. */
  const wires: WireCallAgent[] = [];

  beforeAll(() => {
    osmo = startOsmoMgw(folder, gateway);
    const file = join(folder, "call-server.yaml");
    const lines = { prefix: "rtpbridge/", first: 1, count: 2, firstNumber: "101" };
    const configuration = {
      server: "ca.test",
      ...{ address: server.address, calls: { encodings: ["PCMU"] }, poll: { everyMs: 500 }, audit: { via: "mgcp" } },
      store: { file: join(folder, "ca.db") },
      gateways: [{ domain: "mgw", address: gateway.address, lines }],
    };
    writeFileSync(file, JSON.stringify(configuration));
    program = new Program(holdoverBin, { title: "call server", args: ["call-server", "-c", file] }, () => undefined);
  });

  afterAll(async () => {
    for (const open of [...peers, ...wires]) open.close();
    await program?.end();
    await osmo?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("sets up, carries media both ways, keeps through polls that tell nothing, releases and bills a call", async () => {
    if (program === null) throw new Error("no call server");
    const up = await program.event("the gateway", ({ event }) => event === "gateway-up", withinMs);
    expect(up.epoch).toBeNull();
    const lines = await WireCallAgent.open({ address: gateway.address, port: 0 }, server);
    const telephones = await WireCallAgent.open({ address: "127.41.3.3", port: 0 }, gateway);
    wires.push(lines, telephones);
    const notify = async (line: number, observed: string) =>
      expect((await lines.command("NTFY", `rtpbridge/${line}@mgw`, ["X: 0", `O: ${observed}`])).code).toBe(200);

    await notify(1, "L/hd");
    await notify(1, "D/1,D/0,D/2");
    const { callId } = await program.event("ringing", isState("ringing"), withinMs);
    const [a, b] = [await WireRtpPeer.open("127.41.3.11"), await WireRtpPeer.open("127.41.3.12")];
    peers.push(a, b);
    const lift = async (line: number, peer: WireRtpPeer) => {
      const options = [`C: ${callId}`, "L: p:20, a:PCMU", "M: sendrecv"];
      const made = await telephones.command("CRCX", `rtpbridge/${line}@mgw`, options, peer.sdp("0 PCMU/8000"));
      expect(made.code).toBe(200);
      return mediaOf(made.sdp);
    };
    const [left, right] = [await lift(1, a), await lift(2, b)];
    await notify(2, "L/hd");
    await program.event("talking", isState("talking"), withinMs);
    a.send(20, left);
    b.send(20, right);
    await Promise.all([a.until(20), b.until(20)]);
    expect(b.numbers).toEqual(a.numbers);

    const polls = () => (program?.events ?? []).filter(({ event }) => event === "poll").length;
    const seen = polls();
    await program.event("two more polls", () => polls() > seen + 1, withinMs);
    expect(program.events.some(isState("releasing"))).toBe(false);

    await notify(2, "L/hu");
    await program.event("released", isState("released"), withinMs);
    const { cdr } = await program.event("the record", ({ event }) => event === "cdr", withinMs);
    expect(cdr).toMatchObject({ callingNumber: "101", calledNumber: "102", endCause: "called-on-hook", callId });
    expect(cdr).toMatchObject({ originatingStatistics: { packetsSent: 20, packetsReceived: 20 } });
    expect(cdr).toMatchObject({ duration: { from: "witnessed" } });
    expect(program.events.filter(({ event }) => event === "trouble")).toEqual([]);
    // What the call server made is gone: only the telephones' own connections are left to delete.
    for (const line of [1, 2]) expect((await telephones.command("DLCX", `rtpbridge/${line}@mgw`)).code).toBe(200);
  });
});
