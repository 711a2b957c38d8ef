/**
 * Every kind of MGCP message that we write, as two readers that are not ours take it: Debian's tshark and scapy. What
 * they find is held against what was meant.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatEndpoint, type MgcpMessage, mgcpVerbs } from "../../firmware/protocol/mgcp/message.js";
import { parseDatagram } from "../../firmware/protocol/mgcp/parse.js";
import { writeMessage, writePiggybacked } from "../../firmware/protocol/mgcp/write.js";
import { writeCapture } from "../support/capture-file.js";
import { foreignProgram } from "../support/foreign-program.js";
import { aMessage } from "../support/mgcp-messages.js";
import { validMessages } from "../support/mgcp-mutations.js";
import { runProgram } from "../support/programs.js";

const tshark = foreignProgram("tshark", "tshark");
const scapy = foreignProgram("scapy3", "python3-scapy");
const encoder = new TextEncoder();
const seed = 3_435;

/** The RFCs' examples as we write them, and messages of every parameter and verb. */
const messages: readonly MgcpMessage[] = [
  ...validMessages(seed, 0).flatMap((text) =>
    parseDatagram(encoder.encode(text)).map((result) => (result.ok ? result.message : null)),
  ),
  ...fc.sample(aMessage, { numRuns: 300, seed }),
].filter((message) => message !== null);

const [agentPort, gatewayPort] = [2727, 2427];
const folder = mkdtempSync(join(tmpdir(), "holdover-mgcp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("there is a message of each verb, and answers", () => {
  const verbs = new Set(messages.map((message) => (message.kind === "command" ? message.verb : "answer")));
  expect([...verbs].sort()).toEqual([...mgcpVerbs, "answer"].sort());
});

/** What a reader found in a message, and what was meant; empty where there is none. */
const fields: readonly (readonly [string, (message: MgcpMessage) => string])[] = [
  ["mgcp.req.verb", (message) => (message.kind === "command" ? message.verb : "")],
  ["mgcp.req.endpoint", (message) => (message.kind === "command" ? formatEndpoint(message.endpoint) : "")],
  ["mgcp.version", (message) => (message.kind === "command" ? "MGCP 1.0" : "")],
  ["mgcp.rsp.rspcode", (message) => (message.kind === "response" ? String(message.code) : "")],
  ["mgcp.transid", ({ transactionId }) => String(transactionId)],
  ["mgcp.param.callid", ({ parameters }) => parameters.callId ?? ""],
  ["mgcp.param.connectionid", ({ parameters }) => parameters.connectionIds?.join(",") ?? ""],
  ["mgcp.param.requestid", ({ parameters }) => parameters.requestIdentifier ?? ""],
  ["mgcp.param.notifiedentity", ({ parameters }) => parameters.notifiedEntity ?? ""],
  ["mgcp.param.connectionmode", ({ parameters }) => parameters.mode ?? ""],
  ["mgcp.param.digitmap", ({ parameters }) => parameters.digitMap ?? ""],
  ["mgcp.param.restartmethod", ({ parameters }) => parameters.restartMethod ?? ""],
  ["mgcp.param.restartdelay", ({ parameters }) => String(parameters.restartDelaySeconds ?? "")],
  ["mgcp.param.maxmgcpdatagram", ({ parameters }) => String(parameters.datagramBytesMax ?? "")],
  ["mgcp.param.connectionparam.ps", ({ parameters }) => String(parameters.connectionParameters?.packetsSent ?? "")],
  ["mgcp.param.connectionparam.ji", ({ parameters }) => String(parameters.connectionParameters?.jitterMs ?? "")],
  ["mgcp.param.localconnectionoptions.a", ({ parameters }) => parameters.localOptions?.encodings?.join(";") ?? ""],
];

describe.skipIf(!tshark.installed)("tshark", () => {
  async function read(file: string, asked: readonly string[], filter = "udp"): Promise<string[][]> {
    const ports = [agentPort, gatewayPort].flatMap((port) => ["-d", `udp.port==${port},mgcp`]);
    const shown = asked.flatMap((field) => ["-e", field]);
    const form = ["-T", "fields", "-E", "separator=/t", "-E", "occurrence=f", ...shown];
    const { exitCode, stdout, stderr } = await runProgram(tshark.path, ["-r", file, ...ports, "-Y", filter, ...form]);
    expect(exitCode, stderr).toBe(0);
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
  }

  const file = join(folder, "messages.pcap");
  beforeAll(() => {
    const datagrams = messages.map((message) => {
      const fromAgent = message.kind === "command";
      const [sourcePort, destinationPort] = fromAgent ? [agentPort, gatewayPort] : [gatewayPort, agentPort];
      return { bytes: writeMessage(message), sourcePort, destinationPort };
    });
    writeCapture(file, datagrams);
  });

  test("finds nothing malformed and no parameter it would call invalid", async () => {
    expect(await read(file, ["frame.number", "_ws.col.Info"], "_ws.malformed || !mgcp")).toEqual([]);
    // It knows no MESG, and no extensions of packages but its own.
    const invalid = await read(file, ["frame.number", "mgcp.param.invalid"], "mgcp.param.invalid");
    const unexpected = invalid.filter(([, line = ""]) => !/^(?:BA|B|RED|LCK|x-ho)\//i.test(line));
    expect(unexpected).toEqual([]);
  });

  test.each(fields)("reads %s as it was meant", async (field, meant) => {
    const found = await read(file, [field]);
    expect(found.map(([value = ""]) => value)).toEqual(messages.map(meant));
  });

  test("takes piggybacked messages apart", async () => {
    const together = join(folder, "together.pcap");
    const bundles = fc.sample(fc.array(aMessage, { minLength: 1, maxLength: 5 }), { numRuns: 50, seed });
    writeCapture(
      together,
      bundles.map((bundle) => ({
        bytes: writePiggybacked(bundle),
        sourcePort: agentPort,
        destinationPort: gatewayPort,
      })),
    );
    const counts = await read(together, ["mgcp.messagecount"]);
    expect(counts.map(([count]) => Number(count))).toEqual(bundles.map((bundle) => bundle.length));
  });
});

describe.skipIf(!scapy.installed)("scapy", () => {
  test("reads verb, number, endpoint and version of every command", async () => {
    const commands = messages.filter((message) => message.kind === "command");
    const file = join(folder, "commands.json");
    writeFileSync(file, JSON.stringify(commands.map((command) => Buffer.from(writeMessage(command)).toString("hex"))));
    const script = [
      "import json, sys",
      "from scapy.layers.mgcp import MGCP",
      "read = [MGCP(bytes.fromhex(text)) for text in json.load(open(sys.argv[1]))]",
      "print(json.dumps([[f.decode() for f in (m.verb, m.transaction_id, m.endpoint, m.version)] for m in read]))",
    ];
    // The interpreter that Debian installed it for.
    const python = /^#!(\S+)/.exec(readFileSync(scapy.path, "utf8"))?.[1] ?? "python3";
    const { exitCode, stdout, stderr } = await runProgram(python, ["-c", script.join("\n"), file]);
    expect(exitCode, stderr).toBe(0);
    // Its version ends at the line feed, and so keeps the carriage return.
    const meant = commands.map(({ verb, transactionId, endpoint }) => [
      verb,
      String(transactionId),
      formatEndpoint(endpoint),
      "MGCP 1.0\r",
    ]);
    expect(JSON.parse(stdout)).toEqual(meant);
  });
});
