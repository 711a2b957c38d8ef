/**
 * A running exchange with one call up, asked by programs that are not ours: Debian's snmp tools, SIPp, an MGCP command
 * typed by hand; and by `holdover audit`, whose three protocols have to agree.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ActiveConnection, GatewayAudit } from "../../firmware/protocol/active-connection.js";
import { Exchange, named, roundOf } from "../support/exchange.js";
import { community, snmpPort } from "../support/exchange-configuration.js";
import { foreignProgram } from "../support/foreign-program.js";
import { linesOf, projectFolder, runHoldover, runProgram } from "../support/programs.js";

const exchange = new Exchange({ net: 1, backup: true });
const { asker, stranger, primary, gateways, telephones } = exchange.addresses;
const [gateway] = gateways;
const [telephone] = telephones;

beforeAll(async () => {
  await exchange.start();
  await exchange.call();
});

afterAll(() => exchange.end());

const snmp = foreignProgram("snmpwalk", "snmp");

describe.skipIf(!snmp.installed)("Debian's snmp tools", () => {
  const mibs = ["-M", `${projectFolder}test/support/mibs:${projectFolder}docs/mib`, "-m", "HOLDOVER-MIB"];
  const common = ["-v2c", "-c", community, "-t", "2", "-r", "2", `--clientaddr=${asker}`, ...mibs];

  async function asked(program: string, options: readonly string[], name: string): Promise<string[]> {
    const { path } = foreignProgram(program, "snmp");
    const { exitCode, stdout, stderr } = await runProgram(path, [
      ...common,
      ...options,
      `${gateway}:${snmpPort}`,
      name,
    ]);
    expect({ exitCode, stderr: linesOf(stderr) }).toEqual({ exitCode: 0, stderr: [] });
    return linesOf(stdout);
  }

  test.each(["snmpwalk", "snmpbulkwalk"])("%s shows who called, from where, and how it is carried", async (program) => {
    const lines = await asked(program, ["-OQs"], "hoConnTable");
    const cells = new Map(lines.map((line) => [line.replace(/\..*/, ""), line.replace(/^.*? = /, "")]));
    expect(Object.fromEntries(cells)).toMatchObject({
      hoConnOriginDevice: "101",
      hoConnOriginAddress: telephone,
      hoConnSendCoding: "PCMA/8000",
      hoConnReceiveCoding: "PCMA/8000",
      hoConnDscp: "46",
      hoConnDscpName: "EF",
      hoConnEndpoint: "aaln/1",
      hoConnMode: "sendrecv",
      hoConnState: "up",
      hoConnEpochServer: "primary",
    });
  });

  test("snmptable shows the connection as one row under the names of the columns", async () => {
    const [, names = "", row = "", ...more] = await asked("snmptable", ["-CB", "-Cf", "|"], "hoConnTable");
    const cells = row.split("|");
    const told = Object.fromEntries(names.split("|").map((name, place) => [name, cells[place]]));
    expect(told).toMatchObject({ hoConnOriginDevice: "101", hoConnOriginAddress: telephone, hoConnDscpName: "EF" });
    expect(more).toEqual([]);
  });

  test("the duration grows from one question to the next, and so do the packets", async () => {
    const read = async (column: string) => Number((await asked("snmpwalk", ["-OqvU"], column))[0]);
    const [durationMs, packets] = [await read("hoConnDuration"), await read("hoConnPacketsSent")];
    await expect.poll(() => read("hoConnDuration"), { timeout: 5_000 }).toBeGreaterThan(durationMs);
    await expect.poll(() => read("hoConnPacketsSent"), { timeout: 5_000 }).toBeGreaterThan(packets);
  });

  test("a station that is not listed is not answered", async () => {
    const options = ["-v2c", "-c", community, "-t", "0.5", "-r", "0", `--clientaddr=${stranger}`];
    const { exitCode, stderr } = await runProgram(snmp.path, [...options, `${gateway}:${snmpPort}`, ".1"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Timeout");
  });
});

/** One datagram out of a plain socket and the one that comes back, as text. */
async function typed(command: string, from: string = asker): Promise<string> {
  const socket = createSocket("udp4");
  socket.bind(0, from);
  await once(socket, "listening");
  const answered = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
  socket.send(command, 2427, gateway);
  try {
    const [bytes] = await answered;
    return String(bytes);
  } finally {
    socket.close();
  }
}

describe("an MGCP command typed by hand", () => {
  const endings = [
    ["CR LF", "\r\n"],
    ["bare LF", "\n"],
  ] as const;

  test.each(endings)("AUEP of an endpoint with lines ended by %s shows its connection", async (_name, end) => {
    const answer = await typed(["AUEP 1201 aaln/1@gw1.example MGCP 1.0", "F: I, N, R", ""].join(end));
    const [first, ...lines] = answer.split("\r\n");
    expect(first).toMatch(/^200 1201 /);
    expect(lines).toEqual([
      expect.stringMatching(/^I: [0-9A-F]{1,32}$/),
      `N: ca@[${primary}]:2727`,
      expect.stringMatching(/^R: L\/hu/),
      "",
    ]);
  });

  test.each(endings)(
    "aucx in lower case with lines ended by %s shows call, mode, counters and SDP",
    async (_n, end) => {
      const [connectionId, callId] = await identifiers();
      const items = `F: ${["C", "N", "L", "M", "LC", "RC", "P"].join(",")}`;
      const number = end === "\n" ? 1302 : 1303;
      const answer = await typed(
        [`aucx ${number} aaln/1@gw1.example mgcp 1.0`, `I: ${connectionId.toLowerCase()}`, items, ""].join(end),
      );
      const [head = "", local = "", remote = ""] = answer.split("\r\n\r\n");
      expect(head.split("\r\n")).toEqual([
        expect.stringMatching(new RegExp(`^200 ${number} `)),
        `C: ${callId}`,
        `N: ca@[${primary}]:2727`,
        expect.stringMatching(/^L: .*a:PCMA.*t:b8/i),
        "M: sendrecv",
        expect.stringMatching(/^P: PS=[1-9]\d*, OS=[1-9]\d*, PR=[1-9]\d*, OR=[1-9]\d*, PL=\d+/),
      ]);
      expect(local).toContain(`c=IN IP4 ${gateway}\r\n`);
      expect(remote).toContain(`c=IN IP4 ${gateways[1]}\r\n`);
      for (const session of [local, remote]) expect(session).toMatch(/m=audio \d+ RTP\/AVP 8\r\na=rtpmap:8 PCMA\/8000/);
    },
  );

  test("AUEP of every endpoint lists them all", async () => {
    const answer = await typed("auep 1304 *@gw1.example MGCP 1.0\n");
    expect(answer).toBe("200 1304 OK\r\nZ: aaln/1@gw1.example\r\nZ: aaln/2@gw1.example\r\n");
  });

  test("from a station that may only ask, a command that changes something is refused", async () => {
    const [connectionId, callId] = await identifiers();
    const answer = await typed(`DLCX 1305 aaln/1@gw1.example MGCP 1.0\r\nC: ${callId}\r\nI: ${connectionId}\r\n`);
    expect(answer).toMatch(/^500 1305 /);
    expect(await identifiers()).toEqual([connectionId, callId]);
  });

  test("from a station that is not listed, nothing is answered", async () => {
    const socket = createSocket("udp4");
    const heard: string[] = [];
    socket.on("message", (bytes) => heard.push(String(bytes)));
    socket.bind(0, stranger);
    await once(socket, "listening");
    socket.send("AUEP 1306 *@gw1.example MGCP 1.0\r\n", 2427, gateway);
    // The gateway takes datagrams in their order: once it has answered a later one, it will not answer the first.
    expect(await typed("AUEP 1307 *@gw1.example MGCP 1.0\r\n")).toMatch(/^200 1307 /);
    socket.close();
    expect(heard).toEqual([]);
  });
});

/** Connection and call id, as the gateway itself tells them. */
async function identifiers(): Promise<[string, string]> {
  const [connection] = (await audited(0))[0]?.connections ?? [];
  return [connection?.connectionId ?? "", connection?.callId ?? ""];
}

const sipp = foreignProgram("sipp", "sip-tester");

describe.skipIf(!sipp.installed)("SIPp", () => {
  test.each(["connections", "aaln/1"])("SUBSCRIBE at %s is answered by a NOTIFY that shows the call", async (user) => {
    const cwd = join(exchange.folder, user.replace("/", "-"));
    mkdirSync(cwd);
    const scenario = fileURLToPath(new URL("sipp/subscribe-dialog.xml", import.meta.url));
    const trace = ["-trace_msg", "-message_file", join(cwd, "messages")];
    const options = ["-sf", scenario, "-s", user, "-i", asker, "-m", "1", "-timeout", "10s", "-nostdin", ...trace];
    const { exitCode, stdout, stderr } = await runProgram(sipp.path, [...options, `${gateway}:5060`], { cwd });
    expect(exitCode, stdout + stderr).toBe(0);
    const messages = readFileSync(join(cwd, "messages"), "utf8");
    const [connectionId, callId] = await identifiers();
    for (const fact of ["<dialog-info", connectionId, callId, "101", telephone, "PCMA", "46"])
      expect(messages).toContain(fact);
  });
});

/** By all three protocols, which have to agree. */
async function audited(side: 0 | 1): Promise<GatewayAudit[]> {
  const { answers, disagreements, ending } = await exchange.audit(side);
  expect({ exitCode: ending.exitCode, stderr: ending.stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(disagreements).toEqual([]);
  return answers.map(({ audit }) => audit);
}

describe("holdover audit", () => {
  test.each([0, 1] as const)(
    "the three protocols tell the same of gateway %i, the five facts among it",
    async (side) => {
      const audits = await audited(side);
      expect(audits.map(({ via }) => via)).toEqual(["mgcp", "snmp", "sip"]);
      const facts = audits.map(({ connections }) => connections.map(fiveFacts));
      const one = { device: "101", address: telephone, isUp: true, coding: "PCMA/8000", dscp: 46 };
      expect(facts).toEqual([[one], [one], [one]]);
    },
  );

  test("shows both halves of the call as a table for people", async () => {
    const uris = [...exchange.uris(0), ...exchange.uris(1)];
    const { exitCode, stdout } = await runHoldover(["audit", "--from", asker, ...uris]);
    expect(exitCode).toBe(0);
    const rows = linesOf(stdout).filter((line) => line.startsWith("gw"));
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toMatch(/ aaln\/1 .* up .* 101 .* PCMA\/20ms .* EF .* mgcp snmp sip/);
      expect(row).toContain(` ${telephone} `);
    }
  });

  test("--watch asks again and again until it is told to end, and then ends well", async () => {
    const { exitCode, stdout, stderr } = await runHoldover(
      ["audit", "--json", "--watch", "200ms", "--from", asker, ...exchange.uris(0)],
      { endAfter: (text) => linesOf(text).length >= 3 },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const durations = linesOf(stdout).map((line) => roundOf(line).answers[0]?.audit.connections[0]?.durationMs ?? 0);
    expect(durations.length).toBeGreaterThanOrEqual(3);
    expect(durations).toEqual([...durations].sort((a, b) => a - b));
  });
});

function fiveFacts({ origin, durationMs, sendCoding, qos }: ActiveConnection) {
  return {
    device: origin.device,
    address: origin.address,
    isUp: durationMs > 0,
    coding: sendCoding === null ? null : `${sendCoding.encoding}/${sendCoding.clockRateHz}`,
    dscp: qos.dscp,
  };
}

// The last test here: it ends the call.
test("a telephone that is ended by SIGTERM hangs up, and its call is released and billed", async () => {
  const call = exchange.program("primary");
  await exchange.program("calling telephone").end();
  await exchange.program("called telephone").event("hanging up", named("hung-up"), 10_000);
  const { cdr } = await call.event("the record", named("cdr"), 10_000);
  expect(cdr).toMatchObject({ callingNumber: "101", calledNumber: "201", endCause: "calling-on-hook" });
  for (const side of [0, 1] as const)
    expect((await audited(side)).map(({ connections }) => connections)).toEqual([[], [], []]);
  expect(exchange.trouble).toBeNull();
});
