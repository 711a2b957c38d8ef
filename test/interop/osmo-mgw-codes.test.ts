/**
 * The same commands to Debian's osmo-mgw and to our gateway, and what each says. Where they differ the row says by which
 * section ours answers so; everywhere else one code stands for both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { osmoMgw, type RunningGateway, startOsmoMgw } from "../support/osmo-mgw.js";
import { startRelayGateway } from "../support/relay-gateway.js";
import { WireCallAgent } from "../support/wire-call-agent.js";

const call = "C: 1226";
const sdp = [
  "v=0",
  "o=- 1 1 IN IP4 127.41.4.9",
  "s=-",
  "c=IN IP4 127.41.4.9",
  "t=0 0",
  "m=audio 5000 RTP/AVP 0",
  "",
].join("\r\n");

/** Verb, endpoint, parameter lines, a description if there is one. */
type Step = readonly [string, string, readonly string[], string?];

const listening: Step = ["CRCX", "rtpbridge/2@mgw", [call, "M: recvonly"]];

function crcx(...lines: readonly string[]): Step {
  return ["CRCX", "rtpbridge/2@mgw", lines];
}

/** What comes first is to succeed; the last command is what is asked about. `%I` is the first connection. */
const alike: readonly (readonly [string, number, readonly Step[]])[] = [
  ["a connection that only listens needs no description", 200, [listening]],
  ["one that sends needs one", 527, [crcx(call, "M: sendrecv")]],
  ["with one it is up at once", 200, [["CRCX", "rtpbridge/2@mgw", [call, "M: sendrecv", "L: p:20, a:PCMU"], sdp]]],
  ["any free endpoint", 200, [["CRCX", "rtpbridge/*@mgw", [call, "M: recvonly"]]]],
  ["no such endpoint", 500, [["CRCX", "rtpbridge/2000@mgw", [call, "M: recvonly"]]]],
  ["another domain", 500, [["CRCX", "rtpbridge/2@nowhere", [call, "M: recvonly"]]]],
  ["a mode that is none", 517, [crcx(call, "M: sideways")]],
  ["a conference", 517, [crcx(call, "M: confrnce")]],
  ["no mode", 517, [crcx(call)]],
  ["no call", 516, [crcx("M: recvonly")]],
  ["a parameter that is none", 539, [crcx(call, "M: recvonly", "YY: 1")]],
  ["an extension that may be ignored", 200, [crcx(call, "M: recvonly", "X-Foo: 1")]],
  ["a packetization period nobody has", 535, [crcx(call, "M: recvonly", "L: p:111, a:PCMU")]],
  ["an option that is there twice", 524, [crcx(call, "M: recvonly", "L: p:20, a:PCMU, p:20")]],
  ["a third connection", 540, [listening, listening, listening]],
  ["MDCX of another call", 516, [listening, ["MDCX", "rtpbridge/2@mgw", ["C: 99", "I: %I", "M: recvonly"]]]],
  ["MDCX of another connection", 515, [listening, ["MDCX", "rtpbridge/2@mgw", [call, "I: ABCDEF", "M: recvonly"]]]],
  ["MDCX of no connection", 515, [listening, ["MDCX", "rtpbridge/2@mgw", [call, "M: recvonly"]]]],
  ["MDCX that completes it", 200, [listening, ["MDCX", "rtpbridge/2@mgw", [call, "I: %I", "M: sendrecv"], sdp]]],
  ["DLCX of another call's connection", 516, [listening, ["DLCX", "rtpbridge/2@mgw", ["C: 99", "I: %I"]]]],
  ["DLCX of another connection", 515, [listening, ["DLCX", "rtpbridge/2@mgw", [call, "I: ABCDEF"]]]],
  ["DLCX", 250, [listening, ["DLCX", "rtpbridge/2@mgw", [call, "I: %I"]]]],
  ["DLCX of no such endpoint", 500, [["DLCX", "rtpbridge/999@mgw", []]]],
];

/** Ours, osmo-mgw's. */
const unlike: readonly (readonly [string, number, number, readonly Step[]])[] = [
  ["RFC 3435 section 3.2.2: X+ must be understood", 511, 200, [crcx(call, "M: recvonly", "X+Foo: 1")]],
  ["2.3.5: two endpoints in one command", 200, 539, [crcx(call, "M: sendrecv", "Z2: rtpbridge/3@mgw")]],
  ["3.2.2.10: a type of service is two hexadecimal digits", 532, 200, [crcx(call, "M: recvonly", "L: p:20, t:zz")]],
  ["4.4.4: MDCX of what was deleted", 515, 400, [["MDCX", "rtpbridge/2@mgw", [call, "I: 55", "M: recvonly"]]]],
  ["3.2.2: MDCX needs a call", 516, 200, [listening, ["MDCX", "rtpbridge/2@mgw", ["I: %I", "M: recvonly"]]]],
  ["2.3.9: DLCX succeeds without connections", 250, 515, [["DLCX", "rtpbridge/2@mgw", []]]],
  ["2.3.9: and without any of the call", 250, 516, [listening, ["DLCX", "rtpbridge/2@mgw", ["C: 99"]]]],
  ["2.4: 250 is for a DLCX, of several as well", 250, 200, [listening, ["DLCX", "rtpbridge/2@mgw", [call]]]],
];

describe.skipIf(!osmoMgw.installed)("beside osmo-mgw", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdover-codes-"));
  const places = { ours: { address: "127.41.4.1", port: 2427 }, osmo: { address: "127.41.4.2", port: 2427 } };
  const running: RunningGateway[] = [];
  let ours: WireCallAgent;
  let osmo: WireCallAgent;

  beforeAll(async () => {
    const agent = "127.41.4.3";
    running.push(startOsmoMgw(folder, places.osmo), await startRelayGateway(folder, places.ours.address, agent));
    [ours, osmo] = await Promise.all(
      [places.ours, places.osmo].map((place) => WireCallAgent.open({ address: agent, port: 0 }, place)),
    ).then(([first, second]) => {
      if (first === undefined || second === undefined) throw new Error("no sockets");
      return [first, second];
    });
    await osmo.persist("AUEP", "rtpbridge/1@mgw", []);
  });

  afterEach(async () => {
    for (const agent of [ours, osmo]) await agent.command("DLCX", "rtpbridge/*@mgw");
  });

  afterAll(async () => {
    for (const agent of [ours, osmo]) agent.close();
    for (const gateway of running) await gateway.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The code of the last command; those before it succeed. */
  async function codeOf(agent: WireCallAgent, steps: readonly Step[]): Promise<number> {
    let connection = "";
    let code = 0;
    for (const [index, [verb, endpoint, lines, description = ""]] of steps.entries()) {
      const written = lines.map((line) => line.replace("%I", connection));
      const answer = await agent.command(verb, endpoint, written, description);
      code = answer.code;
      if (index === 0) connection = answer.parameters.get("I") ?? "";
      if (index < steps.length - 1) expect(code, `${verb} ${lines.join(", ")}`).toBe(200);
      if (agent === ours && code >= 400) expect(answer.comment).not.toBe("");
    }
    return code;
  }

  test.each(alike)("%s: %i from both", async (_what, code, steps) => {
    expect({ ours: await codeOf(ours, steps), osmo: await codeOf(osmo, steps) }).toEqual({ ours: code, osmo: code });
  });

  test.each(unlike)("%s: %i, and %i from osmo-mgw", async (_why, mine, theirs, steps) => {
    expect({ ours: await codeOf(ours, steps), osmo: await codeOf(osmo, steps) }).toEqual({ ours: mine, osmo: theirs });
  });
});
