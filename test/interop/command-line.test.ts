/** The built program as a person meets it at a prompt: help, wrong words, wrong configurations, trouble, and its end. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { Program } from "../../host/cli/demo/program.js";
import { named } from "../support/exchange.js";
import { type Ending, holdoverBin, linesOf, projectFolder, type RunOptions, runHoldover } from "../support/programs.js";

const commands = [
  "gateway",
  "phone",
  "call-server",
  "audit",
  "calls",
  "switchover",
  "cdr",
  "capacity",
  "demo",
] as const;
const folder = mkdtempSync(join(tmpdir(), "holdover-command-line-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whatever happened, nobody is shown the inside of the program. */
async function holdover(args: readonly string[], options: RunOptions = {}): Promise<Ending> {
  const ending = await runHoldover(args, options);
  expect(ending.stderr).not.toMatch(/^ {4}at |node:internal|Error:/m);
  return ending;
}

describe("asked about itself", () => {
  test("--help lists every command", async () => {
    const { exitCode, stdout, stderr } = await holdover(["--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test("--version is the package's", async () => {
    const { exitCode, stdout } = await holdover(["--version"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each(commands)("%s --help says how it is used", async (command) => {
    const { exitCode, stdout, stderr } = await holdover([command, "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(`Usage: holdover ${command} `);
  });
});

describe("wrong usage ends with exit code 2 and says what is wrong", () => {
  test.each([
    [["nonsense"], "unknown command 'nonsense'"],
    [["gateway"], "required option '-c, --config <file>'"],
    [["call-server"], "required option '-c, --config <file>'"],
    [["call-server", "-c", "x", "--role", "king"], "Allowed choices are primary, backup"],
    [["audit"], "missing required argument 'uri'"],
    [["audit", "gopher://127.0.0.1"], '"gopher" is not one of mgcp, snmp, sip'],
    [["audit", "mgcp://127.0.0.1:99999"], "99999"],
    [["audit", "sip://127.0.0.1", "--watch", "soon"], '"soon" is no time such as 500ms, 1.5s or 2m'],
    [["demo", "--calls", "101"], "from 1 to 100"],
    [["demo", "--via", "pigeon"], "Allowed choices are mgcp, snmp, sip, all"],
    [["phone", "--address", "here", "--number", "1", "--gateway", "127.0.0.1"], "It is no IP address"],
    [["phone", "--number", "101"], "required option '--address <ip>'"],
    [["audit", "--colour", "red", "sip://127.0.0.1"], "unknown option '--colour'"],
  ])("%j", async (args, reason) => {
    const { exitCode, stderr } = await holdover(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(reason);
  });

  test("no command at all shows the help", async () => {
    const { exitCode, stderr } = await holdover([]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Usage: holdover");
  });
});

let fileCount = 0;

function fileOf(text: string): string {
  fileCount += 1;
  const file = join(folder, `${fileCount}.yaml`);
  writeFileSync(file, text);
  return file;
}

const aGateway = {
  name: "gw1.example",
  address: "127.20.3.11",
  callAgents: [{ address: "127.20.3.1" }],
  lines: [{ first: "aaln/1", number: "101", phone: "127.20.3.101:5060" }],
};
const aCallServer = {
  server: "alone",
  address: "127.20.3.1",
  store: { file: join(folder, "alone.db") },
  gateways: [{ domain: "gw1.example", address: "127.20.3.11", lines: { count: 1, firstNumber: "101" } }],
};
const aSecret = "too-short";

describe("a wrong configuration ends with exit code 2 and one line that names the key, the value and what is allowed", () => {
  test.each([
    ["gateway", { ...aGateway, colour: "red" }, ["colour", "unknown key", "allowed here", "callAgents"]],
    ["gateway", { ...aGateway, address: 7 }, ["address: 7 ", "string"]],
    ["gateway", { ...aGateway, address: "here" }, ['address: "here"', "IPv4 or IPv6"]],
    ["gateway", { ...aGateway, media: { dscp: 64 } }, ["media.dscp: 64", "63"]],
    ["gateway", { ...aGateway, media: { codings: ["MP3"] } }, ['media.codings[0]: "MP3"', "PCMU", "PCMA"]],
    ["gateway", { ...aGateway, mgcp: { port: 0 } }, ["mgcp.port: 0", "1"]],
    ["gateway", { ...aGateway, callAgents: undefined }, ["callAgents: missing"]],
    ["gateway", { ...aGateway, snmp: { community: "$" + "{HOLDOVER_NOT_SET}" } }, ["HOLDOVER_NOT_SET is not set"]],
    ["call-server", { ...aCallServer, colour: "red" }, ["colour", "unknown key", "allowed here", "gateways"]],
    ["call-server", { ...aCallServer, role: "king" }, ['role: "king"', "primary", "backup"]],
    ["call-server", { ...aCallServer, role: "backup" }, ['role: "backup"', "peer"]],
    ["call-server", { ...aCallServer, poll: { everyMs: 3 } }, ["poll.everyMs: 3", "100"]],
    ["call-server", { ...aCallServer, store: 5 }, ["store: 5", "object"]],
    ["call-server", { ...aCallServer, gateways: [] }, ["gateways: []", "1"]],
  ])("%s %j", async (command, configuration, told) => {
    const file = fileOf(JSON.stringify(configuration));
    const { exitCode, stderr } = await holdover([command, "-c", file]);
    expect(exitCode).toBe(2);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toContain(file);
    for (const part of told) expect(stderr).toContain(part);
  });

  test.each(["gateway", "call-server"])("%s with a file that is not YAML", async (command) => {
    const file = fileOf("name: [gw1.example\naddress: 127.0.0.1\n");
    const { exitCode, stderr } = await holdover([command, "-c", file]);
    expect(exitCode).toBe(2);
    expect(linesOf(stderr)).toEqual([expect.stringContaining(file)]);
  });

  test.each(["gateway", "call-server"])("%s with a file that is not there, or is a folder", async (command) => {
    for (const file of [join(folder, "nowhere.yaml"), folder]) {
      const { exitCode, stderr } = await holdover([command, "-c", file]);
      expect(exitCode).toBe(2);
      expect(linesOf(stderr)).toEqual([expect.stringMatching(/^holdover [a-z-]+: cannot read .*: (ENOENT|EISDIR)$/)]);
      expect(stderr).toContain(file);
    }
  });

  test("a secret is not shown, however wrong it is", async () => {
    const peer = { server: "other", address: "127.20.3.2" };
    const file = fileOf(JSON.stringify({ ...aCallServer, peer, heartbeat: { secret: aSecret } }));
    const { exitCode, stderr } = await holdover(["call-server", "-c", file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("heartbeat.secret");
    expect(stderr).not.toContain(aSecret);
  });

  test("several wrong keys are told at once, one line each", async () => {
    const file = fileOf(JSON.stringify({ ...aGateway, address: 7, media: { dscp: -1 } }));
    const { exitCode, stderr } = await holdover(["gateway", "-c", file]);
    expect(exitCode).toBe(2);
    expect(linesOf(stderr)).toHaveLength(2);
  });
});

const aPhone = ["--address", "127.20.3.101", "--number", "101", "--gateway", "127.20.3.11", "--json"];

describe("trouble ends with exit code 1 and one line", () => {
  const cleanUps: (() => void)[] = [];

  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
  });

  async function occupy(address: string, port: number): Promise<void> {
    const socket = createSocket("udp4");
    cleanUps.push(() => socket.close());
    socket.bind(port, address);
    await once(socket, "listening");
  }

  test.each([
    ["gateway", "127.20.3.11", 2427],
    ["gateway", "127.20.3.11", 5060],
    ["call-server", "127.20.3.1", 2727],
    ["phone", "127.20.3.101", 5060],
    ["phone", "127.20.3.101", 40_001],
  ])("%s when %s:%i is in use", async (command, address, port) => {
    await occupy(address, port);
    const configuration = JSON.stringify(command === "gateway" ? aGateway : aCallServer);
    const args = command === "phone" ? aPhone : ["-c", fileOf(configuration)];
    const { exitCode, stderr } = await holdover([command, ...args]);
    expect(exitCode).toBe(1);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toContain(`${address}:${port}`);
    expect(stderr).toMatch(/in use/i);
  });

  test.each([
    ["gateway", { ...aGateway, address: "192.0.2.77" }],
    ["call-server", { ...aCallServer, address: "192.0.2.77" }],
  ])("%s when its address is not one of this machine's", async (command, configuration) => {
    const { exitCode, stderr } = await holdover([command, "-c", fileOf(JSON.stringify(configuration))]);
    expect(exitCode).toBe(1);
    expect(linesOf(stderr)).toEqual([expect.stringContaining("192.0.2.77")]);
  });

  test("call-server when its store cannot be opened", async () => {
    const configuration = { ...aCallServer, store: { file: join(folder, "no", "such", "folder", "store.db") } };
    const { exitCode, stderr } = await holdover(["call-server", "-c", fileOf(JSON.stringify(configuration))]);
    expect(exitCode).toBe(1);
    expect(linesOf(stderr)).toEqual([expect.stringContaining("store.db")]);
  });

  test("phone when its speech cannot be read", async () => {
    const { exitCode, stderr } = await holdover(["phone", ...aPhone, "--play", join(folder, "silence.wav")]);
    expect(exitCode).toBe(1);
    expect(linesOf(stderr)).toEqual([expect.stringContaining("silence.wav")]);
  });

  test.each(["mgcp://127.20.3.99/gw1.example", "snmp://public@127.20.3.99", "sip://127.20.3.99"])(
    "audit when nobody is at %s, soon enough to wait for",
    async (uri) => {
      const { exitCode, stdout, stderr, tookMs } = await holdover(["audit", uri]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(linesOf(stderr)).toEqual([expect.stringMatching(/no answer|not answer|unreachable|silent/i)]);
      expect(tookMs).toBeLessThan(12_000);
    },
  );
});

describe("SIGTERM ends it with exit code 0 and no complaint", () => {
  test.each([
    ["gateway", () => ["-c", fileOf(JSON.stringify(aGateway))], '"listening"'],
    ["call-server", () => ["-c", fileOf(JSON.stringify(aCallServer))], '"listening"'],
    ["phone", () => aPhone, '"ready"'],
  ])("%s", async (command, args, sign) => {
    const { exitCode, stderr } = await holdover([command, ...args()], { endAfter: (text) => text.includes(sign) });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

describe("the examples", () => {
  const examples = join(projectFolder, "docs", "examples");
  const stores = ["/tmp/holdover-ca1.db", "/tmp/holdover-ca2.db"].filter((file) => !existsSync(file));
  const programs: Program[] = [];

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.end()));
    for (const file of stores) for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  });

  function start(command: string, name: string): Program {
    const environment = { HOLDOVER_HEARTBEAT_SECRET: "0123456789abcdef0123456789abcdef" };
    const args = [command, "-c", join(examples, name)];
    const program = new Program(holdoverBin, { title: name, args, environment }, () => undefined);
    programs.push(program);
    return program;
  }

  test("work as they are: two gateways, a call server in charge of both, a backup that stands by", async () => {
    const gateways = [start("gateway", "gateway-1.yaml"), start("gateway", "gateway-2.yaml")];
    await Promise.all(gateways.map((gateway) => gateway.event("listening", named("listening"), 20_000)));
    const primary = start("call-server", "call-server-primary.yaml");
    await primary.event("being active", (event) => event.event === "role" && event.role === "active", 20_000);
    for (const gateway of ["gw1.example", "gw2.example"])
      await primary.event(
        `${gateway} in hand`,
        (event) => event.event === "gateway-up" && event.gateway === gateway,
        20_000,
      );
    const backup = start("call-server", "call-server-backup.yaml");
    await backup.event("standing by", (event) => event.event === "role" && event.role === "standby", 20_000);
    await backup.event("the primary", (event) => event.event === "peer-up" && event.role === "active", 20_000);
    expect(programs.map(({ trouble }) => trouble)).toEqual([null, null, null, null]);
  });

  test("answer the audit that README shows", async () => {
    const { exitCode, stdout } = await holdover(["audit", "mgcp://127.10.0.11/gw1.example", "sip://127.10.0.11"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("mgcp://127.10.0.11/gw1.example: 0 active");
    expect(stdout).toContain("sip://127.10.0.11: 0 active");
  });
});
