/** RTP-MIB and DIAL-CONTROL-MIB against Debian's snmp tools, by v2c and v3: the same calls as HOLDOVER-MIB's. */
import { execFile } from "node:child_process";
import type { Socket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SnmpAgent } from "../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../firmware/management/snmp-face.js";
import { callActiveColumns } from "../../firmware/protocol/mib/dial-control-mib.js";
import { holdoverRoot } from "../../firmware/protocol/mib/holdover-mib.js";
import { rtpSessionColumns } from "../../firmware/protocol/mib/rtp-mib.js";
import { rtpRcvrColumns, rtpSenderColumns } from "../../firmware/protocol/mib/rtp-stream-tables.js";
import { aCallOf, aGatewayWith } from "../support/example-snapshot.js";
import { foreignProgram } from "../support/foreign-program.js";
import { openLoopbackSocket } from "../support/loopback-socket.js";
import { snmpSourceOf } from "../support/snmp-source.js";
import { anEngine, passphrases } from "../support/snmp-user.js";
import { streamsOf } from "../support/table-streams.js";

const run = promisify(execFile);
const mibs = ["../support/mibs", "../../docs/mib"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
const calls = [
  aCallOf(1),
  { ...aCallOf(2), origin: { device: "201", address: "127.10.1.9", from: "tag" as const } },
  { ...aCallOf(3), state: "setting-up" as const, startedWallMs: null, durationMs: 0, remoteMedia: null },
];

let socket: Socket;

beforeAll(async () => {
  const options = { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 1000 };
  const source = snmpSourceOf(() => aGatewayWith(calls), streamsOf);
  const agentOptions = { community: "recovery", askers: ["127.0.0.1"], datagramBytesMax: 1472 };
  const agent = new SnmpAgent(agentOptions, new SnmpFace(options, source), anEngine(performance.now(), 5));
  socket = await openLoopbackSocket();
  socket.on("message", (bytes, from) => {
    const answer = agent.handle(bytes, from, performance.now());
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
});

afterAll(() => {
  socket.close();
});

const { authentication, privacy } = passphrases;
const ways = {
  v2c: ["-v2c", "-c", "recovery"],
  v3: ["-v3", "-u", "backup", "-l", "authPriv", "-a", "SHA-256", "-A", authentication, "-x", "AES", "-X", privacy],
} as const;

async function asked(program: string, way: readonly string[], options: readonly string[], name: string) {
  const modules = ["-M", mibs.join(":"), "-m", "HOLDOVER-MIB:RTP-MIB:DIAL-CONTROL-MIB"];
  const all = [...way, "-t", "2", "-r", "2", ...modules, ...options, `127.0.0.1:${socket.address().port}`, name];
  const { stdout } = await run(program, all);
  return stdout.split("\n").filter((line) => line !== "");
}

/** The rows of a table by the names of its columns. */
async function tableOf(way: readonly string[], name: string): Promise<Record<string, string>[]> {
  const [, heading = "", ...rows] = await asked("snmptable", way, ["-Ci", "-Cf", "|", "-Oe"], name);
  const names = heading.split("|");
  return rows.map((row) => Object.fromEntries(row.split("|").map((cell, place) => [names[place] ?? "", cell])));
}

describe.skipIf(!foreignProgram("snmptable", "snmp").installed).each(Object.entries(ways))(
  "Debian's snmp tools by %s",
  (_name, way) => {
    test("snmptable shows callActiveTable: who called, since when, and how much was sent", async () => {
      const [line, tagged, setUp] = await tableOf(way, "callActiveTable");
      expect(line).toMatchObject({
        callActivePeerAddress: "",
        callActiveCallState: "4",
        callActiveCallOrigin: "1",
        callActiveInfoType: "2",
        callActiveTransmitPackets: "3050",
        callActiveReceiveBytes: "487840",
        callActiveConnectTime: expect.stringContaining("0:0:58:59"),
        index: expect.stringMatching(/\.161$/),
      });
      expect(tagged).toMatchObject({ callActivePeerAddress: "201", callActiveCallOrigin: "2" });
      expect(setUp).toMatchObject({
        callActiveCallState: "2",
        callActiveConnectTime: expect.stringContaining("0:0:00:00"),
      });
    });

    test("snmptable shows the streams of RTP-MIB, with what has not happened left out", async () => {
      const [sender] = await tableOf(way, "rtpSenderTable");
      expect(sender).toMatchObject({
        rtpSenderCNAME: "gw1.example/5F3A9C01",
        rtpSenderPackets: "3050",
        rtpSenderOctets: "488000",
        rtpSenderSRs: "2",
        rtpSenderPT: "0",
      });
      const [receiver] = await tableOf(way, "rtpRcvrTable");
      expect(receiver).toMatchObject({
        rtpRcvrPackets: "3049",
        rtpRcvrLostPackets: "1",
        rtpRcvrJitter: "1",
        rtpRcvrPT: "8",
        rtpRcvrRRs: "0",
        rtpRcvrRRTime: "?",
      });
      expect(await tableOf(way, "rtpSenderTable")).toHaveLength(3);
      expect(await tableOf(way, "rtpSessionTable")).toHaveLength(2);
    });

    test("snmpwalk and snmpbulkwalk see every cell of them, and the same", async () => {
      const cells = {
        callActiveTable: calls.length * callActiveColumns.length,
        rtpSessionTable: 2 * rtpSessionColumns.length,
        rtpSessionInverseTable: 2,
        rtpSenderTable: calls.length * rtpSenderColumns.length,
        rtpRcvrTable: calls.length * (rtpRcvrColumns.length - 1),
      };
      for (const [name, count] of Object.entries(cells)) {
        const walked = await asked("snmpwalk", way, ["-On"], name);
        expect([name, walked.length]).toEqual([name, count]);
        expect(await asked("snmpbulkwalk", way, ["-On", "-Cr20"], name)).toEqual(walked);
      }
    });

    test("snmpget finds a session by its addresses", async () => {
      const address = "6.127.10.0.2.117.50.6.127.10.0.1.78.34";
      const name = `RTP-MIB::rtpSessionInverseStartTime.7.1.3.6.1.6.1.1.${address}.161`;
      expect(await asked("snmpget", way, ["-Oqvt"], name)).toEqual(["353900"]);
    });
  },
);

describe.skipIf(!foreignProgram("smilint", "smitools").installed)("smilint", () => {
  test.each(["RTP-MIB", "DIAL-CONTROL-MIB", "SNMPv2-TC"])("finds no error in the stub of %s", async (name) => {
    const env = { ...process.env, SMIPATH: mibs[0] };
    const { stdout, stderr } = await run("smilint", ["-l", "2", `${mibs[0]}/${name}.txt`], { env });
    expect(stdout + stderr).toBe("");
  });
});
