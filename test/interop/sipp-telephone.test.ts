/** SIPp (Debian sip-tester) as a telephone on a line of a real gateway. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../../host/cli/demo/program.js";
import { foreignProgram } from "../support/foreign-program.js";
import { holdoverBin } from "../support/programs.js";
import { WireCallAgent } from "../support/wire-call-agent.js";
import { WireRtpPeer } from "../support/wire-rtp-peer.js";

const sipp = foreignProgram("sipp", "sip-tester");
const scenario = fileURLToPath(new URL("sipp/late-offer-and-hold.xml", import.meta.url));
const run = promisify(execFile);

describe.skipIf(!sipp.installed)("SIPp", () => {
  const place = { address: "127.42.1.1", port: 2427 };
  const phone = "127.42.1.21";
  const folder = mkdtempSync(join(tmpdir(), "holdover-sipp-phone-"));
  let gateway: Program;
  let agent: WireCallAgent;

  beforeAll(async () => {
    const file = join(folder, "gateway.yaml");
    const configuration = {
      name: "gw",
      address: place.address,
      callAgents: [{ address: "127.42.1.2" }],
      restart: { waitMaxSeconds: 0 },
      lines: [{ first: "aaln/1", number: "101", phone: `${phone}:5060` }],
    };
    writeFileSync(file, JSON.stringify(configuration));
    agent = await WireCallAgent.open({ address: "127.42.1.2", port: 2727 }, place);
    gateway = new Program(holdoverBin, { title: "gateway", args: ["gateway", "-c", file] }, () => undefined);
    await gateway.event("listening", ({ event }) => event === "listening", 20_000);
  });

  afterAll(async () => {
    agent.close();
    await gateway.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("its call without an offer is answered with one, its hold is answered, and its end is on-hook", async () => {
    const far = await WireRtpPeer.open("127.42.1.31");
    expect((await agent.command("RQNT", "aaln/1@gw", ["X: 1", "R: L/hd(N), L/hu(N)", "Q: loop"])).code).toBe(200);
    const side = ["-i", phone, "-p", "5060", "-m", "1", "-timeout", "15s", "-nostdin"];
    const calling = run(sipp.path, ["-sf", scenario, "-s", "200", ...side, `${place.address}:5060`], {
      cwd: folder,
      timeout: 20_000,
    });
    const isTold = (event: string) => agent.unasked.some((text) => text.includes(`O: ${event}`));
    await expect.poll(() => isTold("L/hd"), { timeout: 5000 }).toBe(true);
    const answer = await agent.command("CRCX", "aaln/1@gw", ["C: 1", "M: sendrecv"], far.sdp("0 PCMU/8000"));
    expect(answer.code).toBe(200);
    await calling;
    await expect.poll(() => isTold("L/hu"), { timeout: 5000 }).toBe(true);
    expect((await agent.command("DLCX", "aaln/1@gw", ["C: 1"])).code).toBe(250);
    far.close();
  });
});
