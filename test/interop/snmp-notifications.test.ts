/** Notifications as Debian's snmptrapd takes them: v2c and v3, traps and informs. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SnmpStack } from "../../firmware/management/snmp-stack.js";
import type { OutgoingDatagram } from "../../firmware/protocol/datagram.js";
import { engineIdOf } from "../../firmware/protocol/snmp/snmp-engine.js";
import { aCallOf, aGatewayWith } from "../support/example-snapshot.js";
import { foreignProgram } from "../support/foreign-program.js";
import { freeLoopbackPort, openLoopbackSocket } from "../support/loopback-socket.js";
import { snmpSourceOf } from "../support/snmp-source.js";
import { backupUser, passphrases } from "../support/snmp-user.js";

const snmptrapd = foreignProgram("snmptrapd", "snmptrapd");
const mibs = ["../support/mibs", "../../docs/mib"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
const gateway = aGatewayWith([aCallOf(1)]);
const { authentication, privacy } = passphrases;

describe.skipIf(!snmptrapd.installed)("snmptrapd", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdover-snmptrapd-"));
  const log = join(folder, "log");
  let daemon: ChildProcess;
  let socket: Socket;
  let port: number;

  beforeAll(async () => {
    socket = await openLoopbackSocket();
    port = await freeLoopbackPort();
    const engine = Buffer.from(engineIdOf("gw1.example")).toString("hex");
    const keys = `SHA-256 "${authentication}" AES "${privacy}"`;
    const lines = [
      `createUser -e 0x${engine} backup ${keys}`,
      `createUser backup ${keys}`,
      "authUser log backup priv",
      "authCommunity log watchers",
      // One line each: kind, version and the variables by their names.
      "format2 %V|%w %v\\n",
      "outputOption q",
    ];
    writeFileSync(join(folder, "snmptrapd.conf"), `${lines.join("\n")}\n`);
    const files = ["-C", "-c", join(folder, "snmptrapd.conf"), "-Lf", log];
    const options = ["-f", "-n", ...files, "-M", mibs.join(":"), "-m", "HOLDOVER-MIB", `udp:127.0.0.1:${port}`];
    const env = { ...process.env, SNMP_PERSISTENT_DIR: folder };
    daemon = spawn(snmptrapd.path, options, { env, stdio: "ignore" });
    await vi.waitFor(() => expect(readFileSync(log, "utf8")).toContain("NET-SNMP"), { timeout: 10_000 });
  });

  afterAll(async () => {
    const ended = once(daemon, "exit");
    daemon.kill();
    await ended;
    socket.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["trap", { kind: "community", community: "watchers" }],
    ["inform", { kind: "community", community: "watchers" }],
    ["trap", { kind: "user", user: "backup" }],
    ["inform", { kind: "user", user: "backup" }],
  ] as const)("takes a restart, a start and an end by %s of a %o", async (kind, access) => {
    const before = readFileSync(log, "utf8").length;
    const stack = new SnmpStack(
      {
        community: null,
        users: [backupUser],
        engineBoots: 3,
        receivers: [{ to: { address: "127.0.0.1", port }, kind, access }],
      },
      {
        gateway: "gw1.example",
        bootId: "5F3A9C01",
        askers: [],
        source: snmpSourceOf(() => gateway),
        random: Math.random,
      },
      performance.now(),
    );
    const send = (datagrams: readonly OutgoingDatagram[]) => {
      for (const { bytes, to } of datagrams) socket.send(bytes, to.port, to.address);
    };
    socket.removeAllListeners("message");
    socket.on("message", (bytes, { address, port: source }) =>
      send(stack.receive(bytes, { address, port: source }, performance.now())),
    );
    send(stack.restarted(performance.now()));
    send(stack.connection("hoConnectionStarted", aCallOf(1), performance.now()));
    send(stack.connection("hoConnectionEnded", aCallOf(1), performance.now()));
    await vi.waitFor(() => {
      const said = readFileSync(log, "utf8").slice(before);
      expect(said).toMatch(/hoGatewayRestarted.*gw1\.example.*5F3A9C01/s);
      expect(said).toMatch(/hoConnectionStarted.*hoConnOriginDevice\.'A1' "?101.*127\.10\.1\.1.*PCMU\/8000.*EF/s);
      expect(said).toMatch(/hoConnectionEnded.*hoConnDuration\.'A1' 61000/s);
    }, 15_000);
    await vi.waitFor(() => expect(stack.next()).toBeNull(), 5_000);
    expect(stack.takeDropped()).toBe(0);
  });
});
