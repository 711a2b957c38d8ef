/** SIPp (Debian sip-tester) asks our SIP face over real sockets, by UDP and by TCP. */
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import type { Address } from "../../firmware/protocol/address.js";
import { foreignProgram } from "../support/foreign-program.js";
import { hostSipFace, type SipFaceHost } from "../support/sip-face-host.js";

const sipp = foreignProgram("sipp", "sip-tester");
const scenario = fileURLToPath(new URL("sipp/subscribe-dialog.xml", import.meta.url));
const run = promisify(execFile);
let host: SipFaceHost | null = null;

afterEach(async () => {
  await host?.close();
  host = null;
});

/** mode: SIPp's, u1 is UDP and t1 TCP. */
async function ask({ address, port }: Address, service: string, mode: "u1" | "t1"): Promise<number> {
  const cwd = mkdtempSync(join(tmpdir(), "holdover-sipp-"));
  const options = [
    "-sf",
    scenario,
    "-s",
    service,
    "-i",
    "127.0.0.1",
    "-m",
    "1",
    "-t",
    mode,
    "-timeout",
    "10s",
    "-nostdin",
  ];
  try {
    await run(sipp.path, [...options, `${address}:${port}`], { cwd, timeout: 20_000 });
    return 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "number") return error.code;
    throw error;
  }
}

describe.skipIf(!sipp.installed)("SIPp", () => {
  test.each(["u1", "t1"] as const)(
    "SUBSCRIBE at all connections and at a line (%s) is answered by 200 and a NOTIFY with the dialog",
    async (mode) => {
      host = await hostSipFace();
      expect(await ask(host.address, "connections", mode)).toBe(0);
      expect(await ask(host.address, "aaln/1", mode)).toBe(0);
      expect(host.heard).toEqual(["request", "200 NOTIFY", "request", "200 NOTIFY"]);
    },
  );

  test("SUBSCRIBE at what is not there fails its scenario", async () => {
    host = await hostSipFace();
    expect(await ask(host.address, "nobody", "u1")).toBe(1);
  });
});
