/** Local connections (RFC 3435 section 2.3.5) of a real gateway: speech between two telephones, packets between far sides. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWav } from "../../firmware/protocol/wav.js";
import { judgeAudio } from "../../host/cli/demo/audio-judge.js";
import { Program } from "../../host/cli/demo/program.js";
import { holdoverBin } from "../support/programs.js";
import { WireCallAgent } from "../support/wire-call-agent.js";
import { mediaOf, WireRtpPeer } from "../support/wire-rtp-peer.js";

const speech = (station: string) =>
  fileURLToPath(new URL(`../../host/cli/demo/speech/station-${station}.wav`, import.meta.url));
const pcmu = "0 PCMU/8000";

describe.each([
  ["linux", 1],
  ["portable", 2],
] as const)("local connections, media by %s", (way, net) => {
  const place = { address: `127.41.${net}.1`, port: 2427 };
  const folder = mkdtempSync(join(tmpdir(), "holdover-local-"));
  const stations = [`127.41.${net}.21`, `127.41.${net}.22`] as const;
  let gateway: Program;
  let agent: WireCallAgent;

  beforeAll(async () => {
    const file = join(folder, "gateway.yaml");
    const configuration = {
      name: "gw",
      address: place.address,
      media: { network: way },
      callAgents: [{ address: `127.41.${net}.2` }],
      restart: { waitMaxSeconds: 0 },
      lines: [{ first: "aaln/1", number: "101", phone: `${stations[0]}:5060`, count: 2 }],
      relay: { count: 4 },
    };
    writeFileSync(file, JSON.stringify(configuration));
    agent = await WireCallAgent.open({ address: `127.41.${net}.2`, port: 2727 }, place);
    gateway = new Program(holdoverBin, { title: "gateway", args: ["gateway", "-c", file] }, () => undefined);
    await gateway.event("listening", ({ event }) => event === "listening", 20_000);
  });

  afterAll(async () => {
    agent.close();
    await gateway.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function command(verb: string, endpoint: string, lines: readonly string[], sdp = "") {
    const answer = await agent.command(verb, `${endpoint}@gw`, lines, sdp);
    expect([answer.code < 300, answer.comment]).toEqual([true, "OK"]);
    return answer;
  }

  /** A telephone that speaks its text and records what it hears. */
  async function telephone(index: 0 | 1, ...more: readonly string[]) {
    const number = String(101 + index);
    const recording = join(folder, `${number}.wav`);
    const args = ["phone", "--json", "--address", stations[index], "--number", number, "--gateway", place.address];
    const files = ["--play", speech(index === 0 ? "a" : "b"), "--record", recording];
    const title = `telephone ${number}`;
    const program = new Program(holdoverBin, { title, args: [...args, ...files, ...more] }, () => undefined);
    await program.event("ready", ({ event }) => event === "ready", 20_000);
    return { program, recording };
  }

  /** The request with this identifier has been notified of the hook. */
  async function untilTold(request: string): Promise<void> {
    const isIt = (text: string) => text.startsWith("NTFY") && text.includes(`${request}\r\n`) && text.includes("L/hd");
    await expect.poll(() => agent.unasked.some(isIt), { timeout: 10_000 }).toBe(true);
  }

  /** How like the speech it is, wherever a busy machine made it come later. */
  function hears(recording: string, spoken: "a" | "b"): number {
    const [heard, said] = [readWav(readFileSync(recording)), readWav(readFileSync(speech(spoken)))];
    if (!heard.ok || !said.ok) throw new Error("no recording");
    return judgeAudio(said.value, heard.value.subarray(0, 24_000))?.correlationFollowingShifts ?? 0;
  }

  test("two telephones on two lines hear each other", async () => {
    await command("RQNT", "aaln/1", ["X: 1", "R: L/hd(N)"]);
    const called = await telephone(1, "--answer-after", "50ms");
    const caller = await telephone(0, "--dial", "102", "--hang-up-after", "4s");
    await untilTold("X: 1");
    await command("RQNT", "aaln/2", ["X: 2", "S: L/rg", "R: L/hd(N)"]);
    await untilTold("X: 2");
    const local = await command("CRCX", "aaln/1", ["C: 1", "M: sendrecv", "Z2: aaln/2@gw"]);
    expect(local.sdp).toContain("c=LOCAL EPN aaln/1");
    await caller.program.event("hung up", ({ event }) => event === "hung-up", 20_000);
    await command("DLCX", "*", []);
    await called.program.event("hung up", ({ event }) => event === "hung-up", 5_000);
    await Promise.all([caller.program.end(), called.program.end()]);
    expect([hears(caller.recording, "b") > 0.8, hears(called.recording, "a") > 0.8]).toEqual([true, true]);
  });

  test("a telephone on a line and a far side behind a relay hear each other, and so does what is counted", async () => {
    const far = await WireRtpPeer.open(`127.41.${net}.31`);
    await command("RQNT", "aaln/1", ["X: 3", "R: L/hd(N)"]);
    const caller = await telephone(0, "--dial", "200");
    await untilTold("X: 3");
    const outer = await command("CRCX", "relay/1", ["C: 1", "M: sendrecv"], far.sdp(pcmu));
    const lines = ["C: 1", "M: sendrecv", "Z2: aaln/1@gw", "L: a:PCMA"];
    const local = await command("CRCX", "relay/1", lines);
    await far.until(40);
    expect(new Set(far.received.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    far.send(20, mediaOf(outer.sdp));
    const counted = async (endpoint: string, id: string) =>
      (await command("AUCX", endpoint, [`I: ${id}`, "F: P"])).parameters.get("P") ?? "";
    const [one = "", two = ""] = [local.parameters.get("I"), local.parameters.get("I2")];
    await expect.poll(() => counted("aaln/1", two)).toMatch(/PR=[1-9]/);
    await expect.poll(() => counted("relay/1", one)).toMatch(/PR=[1-9]/);
    await command("DLCX", "*", []);
    await caller.program.end();
    far.close();
  });

  test("packets pass between two relays both ways, each once and in order, renumbered at each end", async () => {
    const [a, b] = [await WireRtpPeer.open(`127.41.${net}.32`), await WireRtpPeer.open(`127.41.${net}.33`)];
    const first = await command("CRCX", "relay/2", ["C: 2", "M: sendrecv"], a.sdp("96 PCMU/8000"));
    const local = await command("CRCX", "relay/2", ["C: 2", "M: sendrecv", "Z2: relay/$@gw"]);
    const endpoint = local.parameters.get("Z2")?.split("@")[0] ?? "";
    const second = await command("CRCX", endpoint, ["C: 2", "M: sendrecv"], b.sdp("98 PCMU/8000"));
    a.payloadType = 96;
    b.payloadType = 98;
    a.send(50, mediaOf(first.sdp));
    b.send(50, mediaOf(second.sdp));
    await Promise.all([a.until(50), b.until(50)]);
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    expect([a.numbers, b.numbers]).toEqual([numbers, numbers]);
    expect([a.received[0]?.payloadType, b.received[0]?.payloadType]).toEqual([96, 98]);
    // One half gone, nothing passes; a loop at the far half sends back what comes.
    await command("MDCX", endpoint, ["C: 2", `I: ${local.parameters.get("I2")}`, "M: loopback"]);
    a.send(10, mediaOf(first.sdp));
    await a.until(60);
    expect(a.numbers.slice(50)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
    await command("DLCX", endpoint, ["C: 2", `I: ${local.parameters.get("I2")}`]);
    a.send(10, mediaOf(first.sdp));
    await expect
      .poll(async () =>
        (await command("AUCX", "relay/2", [`I: ${first.parameters.get("I")}`, "F: P"])).parameters.get("P"),
      )
      .toContain("PR=70,");
    expect([a.received.length, b.received.length]).toEqual([60, 50]);
    await command("DLCX", "*", []);
    a.close();
    b.close();
  });
});
