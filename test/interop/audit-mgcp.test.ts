/** The MGCP query over real sockets: against a gateway that is not ours (Debian's osmo-mgw), and against nobody. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runQuery } from "../../host/io/query-runner.js";
import { addressTowards } from "../../host/io/query-socket.js";
import { MgcpQuery } from "../../host/query/mgcp-query.js";
import { foreignProgram } from "../support/foreign-program.js";

const now = () => performance.now();
const random = () => 0.5;
const osmoMgw = foreignProgram("osmo-mgw", "osmo-mgw");

describe("a query over a socket ends with a reason when", () => {
  test("nobody answers", async () => {
    const to = { address: "127.0.0.1", port: await unusedPort() };
    const query = new MgcpQuery({ gateway: "gw", to, giveUpAfterMs: 300 }, random);
    expect(await runQuery(query, null, now)).toMatchObject({ ok: false, reason: expect.stringContaining("no answer") });
  });

  test("the address to send from is not ours", async () => {
    const query = new MgcpQuery({ gateway: "gw", to: { address: "127.0.0.1", port: 9 } }, random);
    const outcome = await runQuery(query, { address: "192.0.2.77" }, now);
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining("EADDRNOTAVAIL") });
  });
});

test("a query that is made from its own address gets one that the gateway can answer to", async () => {
  const to = { address: "127.0.0.1", port: await unusedPort() };
  let told = "";
  await runQuery(
    (local) => {
      told = local.address;
      return new MgcpQuery({ gateway: "gw", to, giveUpAfterMs: 100 }, random);
    },
    null,
    now,
    to,
  );
  expect(told).toBe(await addressTowards(to));
});

describe.skipIf(!osmoMgw.installed)("osmo-mgw", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdover-osmo-"));
  const address = "127.0.77.2";
  const to = { address, port: 2427 };
  let program: ChildProcess;

  beforeAll(async () => {
    writeFileSync(
      join(folder, "osmo-mgw.cfg"),
      `line vty\n no login\n bind ${address} 4243\nctrl\n bind ${address}\nmgcp\n bind ip ${address}\n bind port 2427\n domain mgw\n` +
        ` number endpoints 4\n rtp port-range 42002 42100\n rtp bind-ip ${address}\n`,
    );
    program = spawn(osmoMgw.path, ["-c", join(folder, "osmo-mgw.cfg")], { cwd: folder, stdio: "ignore" });
    // Its first answer says that it listens.
    for (let tries = 0; tries < 20; tries++) {
      if ((await ask("null", 400)).ok) return;
    }
    throw new Error("osmo-mgw does not start");
  });

  afterAll(async () => {
    program.kill();
    if (program.exitCode === null) await once(program, "exit");
    rmSync(folder, { recursive: true });
  });

  function ask(endpoints: string, giveUpAfterMs = 2_000) {
    return runQuery(
      new MgcpQuery({ gateway: "mgw", endpoints, to, giveUpAfterMs }, random),
      { address: "127.0.0.1" },
      now,
    );
  }

  test.each(["null", "rtpbridge/*", "rtpbridge/1"])(
    "is asked about %s as far as it goes, and that is said",
    async (name) => {
      const outcome = await ask(name);
      expect(outcome.ok && outcome.audit.connections).toEqual([]);
      expect(outcome.ok && outcome.notTold.length).toBeGreaterThan(2);
    },
  );

  test("refuses what it does not have, in its own words", async () => {
    expect(await ask("*")).toEqual({ ok: false, reason: expect.stringMatching(/^mgw: answers 5\d\d /) });
  });
});

async function unusedPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}
