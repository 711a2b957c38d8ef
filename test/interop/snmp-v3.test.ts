/** SNMPv3 against programs that are not ours: Debian's snmp tools, net-snmp of npm, Wireshark, and Debian's snmpd. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import snmp from "net-snmp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SnmpAgent } from "../../firmware/management/snmp-agent.js";
import { connectionColumns } from "../../firmware/protocol/mib/connection-columns.js";
import { holdoverRoot } from "../../firmware/protocol/mib/holdover-mib.js";
import { formatOid } from "../../firmware/protocol/snmp/oid.js";
import type { Pdu } from "../../firmware/protocol/snmp/pdu.js";
import { engineIdOf } from "../../firmware/protocol/snmp/snmp-engine.js";
import { runQuery } from "../../host/io/query-runner.js";
import type { AuditOutcome } from "../../host/query/audit-query.js";
import { envelopeOf, type SnmpAccess } from "../../host/query/snmp-access.js";
import { SnmpQuery, snmpQueryDefaults } from "../../host/query/snmp-query.js";
import { type CapturedDatagram, writeCapture } from "../support/capture-file.js";
import { aCallOf, aGatewayWith } from "../support/example-snapshot.js";
import { foreignProgram } from "../support/foreign-program.js";
import { freeLoopbackPort, openLoopbackSocket } from "../support/loopback-socket.js";
import { aPdu, mutated } from "../support/snmp-arbitraries.js";
import {
  anAgentOf,
  anEngine,
  aSession,
  asked,
  passphrases,
  scopedPduOf,
  sealedAsBackup,
} from "../support/snmp-user.js";

const run = promisify(execFile);
const stubs = fileURLToPath(new URL("../support/mibs", import.meta.url));
const docs = fileURLToPath(new URL("../../docs/mib", import.meta.url));
const root = formatOid(holdoverRoot);
const calls = 300;
const gateway = aGatewayWith(
  Array.from({ length: calls }, (_, number) => ({ ...aCallOf(number + 1), tag: `v=1;from=${number + 101};to=201` })),
);
const { authentication, privacy } = passphrases;
const backup: SnmpAccess = { kind: "user", user: "backup", authentication, privacy };

let socket: Socket;
let agent: SnmpAgent;
const seen: CapturedDatagram[] = [];

beforeAll(async () => {
  agent = anAgentOf(() => gateway, anEngine(performance.now(), 5), ["127.0.0.1"]);
  socket = await openLoopbackSocket();
  socket.on("message", (bytes, from) => {
    const answer = agent.handle(bytes, from, performance.now());
    seen.push({ bytes, sourcePort: from.port, destinationPort: 161 });
    if (answer === null) return;
    seen.push({ bytes: answer, sourcePort: 161, destinationPort: from.port });
    socket.send(answer, from.port, from.address);
  });
});

afterAll(() => {
  socket.close();
});

const authPriv = ["-l", "authPriv", "-a", "SHA-256", "-A", authentication, "-x", "AES", "-X", privacy];

async function askedBy(program: string, options: readonly string[], name: readonly string[]): Promise<string[]> {
  const peer = `127.0.0.1:${socket.address().port}`;
  const mibs = ["-M", `${stubs}:${docs}`, "-m", "HOLDOVER-MIB"];
  const all = ["-v3", "-u", "backup", ...authPriv, "-t", "2", "-r", "2", ...mibs, ...options, peer, ...name];
  const { stdout } = await run(program, all, { maxBuffer: 64_000_000 });
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(!foreignProgram("snmpget", "snmp").installed)(
  "Debian's snmp tools by authPriv, SHA-256 and AES",
  () => {
    test("snmpget reads the facts of a connection", async () => {
      const facts = ["OriginDevice", "OriginAddress", "SendCoding", "DscpName"].map((fact) => `hoConn${fact}.'A1'`);
      expect(await askedBy("snmpget", ["-Oqv"], facts)).toEqual(["101", "127.10.1.1", "PCMU/8000", "EF"]);
    });

    test("snmpget reads a connection's tag, which is told to nobody else", async () => {
      expect(await askedBy("snmpget", ["-Oqv"], ["hoConnTag.'A1'"])).toEqual(['"v=1;from=101;to=201"']);
      const record = await askedBy("snmpget", ["-Oqv"], ["hoChangedRecord.0.1"]);
      expect(record.join("")).toContain(";tag=v=1;from=101;to=201");
      const watcher = ["-l", "authNoPriv", "-u", "watcher"];
      const [tag, open] = await askedBy("snmpget", [...watcher, "-Oqv"], ["hoConnTag.'A1'", "hoChangedRecord.0.1"]);
      expect(tag).toBe("No Such Object available on this agent at this OID");
      expect(open).not.toContain("tag");
    });

    test("snmpbulkwalk and snmptable see every cell", async () => {
      const walked = await askedBy("snmpbulkwalk", ["-On", "-Cr50"], ["hoConnTable"]);
      expect(walked).toHaveLength(calls * connectionColumns.length);
      expect(await askedBy("snmptable", ["-Cf", "|"], ["hoConnTable"])).toHaveLength(2 + calls);
    });

    test.each([
      ["another passphrase", ["-A", "not the passphrase"], "Authentication failure"],
      ["another user", ["-u", "stranger"], "Unknown user name"],
      ["authNoPriv", ["-l", "authNoPriv"], "Unsupported security level"],
      ["noAuthNoPriv", ["-l", "noAuthNoPriv"], "Unsupported security level"],
    ] as const)("%s is told so", async (_what, options, reason) => {
      await expect(askedBy("snmpget", options, ["hoBootId.0"])).rejects.toThrow(reason);
    });

    test("another context is told so", async () => {
      await expect(askedBy("snmpget", ["-n", "elsewhere"], ["hoBootId.0"])).rejects.toThrow("Bad context specified");
    });
  },
);

test("net-snmp of npm reads the same by its own USM", async () => {
  const user = {
    name: "backup",
    level: snmp.SecurityLevel.authPriv,
    authProtocol: snmp.AuthProtocols.sha256,
    authKey: authentication,
    privProtocol: snmp.PrivProtocols.aes,
    privKey: privacy,
  };
  const options = { port: socket.address().port, timeout: 2000 };
  const session = snmp.createV3Session("127.0.0.1", user, options);
  const bindings = await new Promise<unknown>((resolve, reject) => {
    session.get([`${root}.1.1.1.0`], (error, varbinds) => (error ? reject(error) : resolve(varbinds)));
  });
  session.close();
  expect(bindings).toMatchObject([{ value: Buffer.from("gw1.example") }]);
});

test("our own query by a user gives the same connections as the table has", async () => {
  const outcome = await audited(socket.address().port, backup);
  if (!outcome.ok) throw new Error(outcome.reason);
  const wanted = [...gateway.connections].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  expect(outcome.audit.connections).toEqual(wanted);
});

const tshark = foreignProgram("tshark", "tshark");

describe.skipIf(!tshark.installed)("Wireshark", () => {
  test("deciphers what went to and fro, and finds nothing malformed or unauthentic", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdover-snmpv3-"));
    const file = join(folder, "walk.pcap");
    seen.length = 0;
    expect((await audited(socket.address().port, backup)).ok).toBe(true);
    writeCapture(file, seen);
    const engine = Buffer.from(engineIdOf("gw1.example")).toString("hex");
    const quoted = ["backup", "SHA2-256", authentication, "AES", privacy].map((field) => `"${field}"`);
    const user = [engine, ...quoted].join(",");
    const fields = ["snmp.name", "snmp.encryptedPDU", "_ws.malformed", "_ws.expert"];
    const shown = fields.flatMap((field) => ["-e", field]);
    const options = ["-r", file, "-o", `uat:snmp_users:${user}`, "-T", "fields", "-E", "separator=|", ...shown];
    const { stdout } = await run(tshark.path, options, { maxBuffer: 64_000_000 });
    rmSync(folder, { recursive: true });
    const packets = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("|"));
    expect(packets).toHaveLength(seen.length);
    expect(packets.filter(([, ciphered]) => ciphered !== "").length).toBeGreaterThan(10);
    for (const [names, ciphered, malformed, said] of packets) {
      expect([malformed, said]).toEqual(["", expect.stringMatching(/^$|SNMP Authentication OK/)]);
      if (ciphered !== "")
        expect([names, said]).toEqual([expect.stringContaining("1.3.6"), expect.stringContaining("OK")]);
    }
  });
});

const snmpd = foreignProgram("snmpd", "snmpd");

describe.skipIf(!snmpd.installed)("Debian's snmpd", () => {
  let folder: string;
  let daemon: ChildProcess;
  let port: number;

  beforeAll(async () => {
    port = await freeLoopbackPort();
    folder = mkdtempSync(join(tmpdir(), "holdover-snmpd-"));
    const configuration = join(folder, "snmpd.conf");
    const user = `createUser backup SHA-256 "${authentication}" AES "${privacy}"\nrouser backup authpriv\n`;
    writeFileSync(configuration, `${user}sysName plain.example\n`);
    const options = ["-f", "-Ln", "-C", "-c", configuration, `udp:127.0.0.1:${port}`];
    daemon = spawn(snmpd.path, options, { env: { ...process.env, SNMP_PERSISTENT_DIR: folder }, stdio: "ignore" });
  });

  afterAll(async () => {
    const ended = once(daemon, "exit");
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true });
  });

  test("answers our user, and is named as an agent that cannot tell its connections", async () => {
    expect(await audited(port, backup)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/the agent there calls itself "plain\.example", .* and has no HOLDOVER-MIB/),
    });
  });

  test.each([
    ["another passphrase", { ...backup, authentication: "not the passphrase" }, "authentication passphrase"],
    ["another user", { ...backup, user: "stranger" }, 'no SNMPv3 user "stranger"'],
  ] as const)("%s is what our query then names", async (_what, access, reason) => {
    expect(await audited(port, access)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });
});

/** What fails at the digest never gets to the cipher, and so these PDUs are mutated before they are sealed. */
test("100,000 datagrams of a valid user, authentic and enciphered, with garbage in them change nothing", () => {
  const from = { address: "127.0.0.1", port: 40_000 };
  const quiet = anAgentOf(() => gateway, anEngine(0), ["127.0.0.1"]);
  const garbage = fc.sample(mutated(aPdu.map(scopedPduOf)), { numRuns: 20_000, seed: 20_261_124 });
  for (let round = 0; round < 5; round += 1) {
    for (const [place, octets] of garbage.entries()) {
      const changed = Uint8Array.from(octets);
      if (round > 0 && changed.length > 0) changed[(place * 31 + round) % changed.length] = place + round * 29;
      expectFits(quiet.handle(sealedAsBackup(changed), from, place));
    }
  }
  const { inPkts, reports, outPkts } = quiet.counters;
  expect(inPkts).toBe(100_000);
  // Deciphered and not SNMP, or not for us: all of these came through the digest.
  expect(reports).toBeGreaterThan(50_000);
  expect(outPkts).toBeGreaterThan(reports);
  const first: Pdu = { kind: "get", requestId: 1, errorStatus: 0, errorIndex: 0, bindings: [] };
  expect(asked(aSession(), quiet, from, first, 20_000).kind).toBe("pdu");
});

test("100,000 mutated datagrams of a valid user change nothing", () => {
  const from = { address: "127.0.0.1", port: 40_000 };
  const quiet = anAgentOf(() => gateway, anEngine(0), ["127.0.0.1"]);
  const session = aSession();
  const first: Pdu = { kind: "get", requestId: 1, errorStatus: 0, errorIndex: 0, bindings: [] };
  expect(asked(session, quiet, from, first, 0).kind).toBe("pdu");
  const questions = fc.sample(aPdu, { numRuns: 10_000, seed: 20_261_122 });
  const sealed = questions.map((pdu) => session.wrap(pdu, 0));
  for (const bytes of sealed) expectFits(quiet.handle(bytes, from, 0));
  const changed = fc.sample(mutated(fc.constantFrom(...sealed)), { numRuns: 30_000, seed: 20_261_123 });
  for (let round = 0; round < 3; round += 1) {
    for (const bytes of changed) expectFits(quiet.handle(bytes, from, round));
  }
  expect(quiet.counters.inPkts).toBeGreaterThanOrEqual(100_000);
  expect(asked(session, quiet, from, first, 0).kind).toBe("pdu");
});

function expectFits(answer: Uint8Array | null): void {
  if (answer !== null && answer.length > 1472) throw new Error(`an answer of ${answer.length} octets`);
}

/** It asks again on its own time, so that an agent may still be starting. */
function audited(port: number, access: SnmpAccess): Promise<AuditOutcome> {
  const to = { address: "127.0.0.1", port };
  const envelope = envelopeOf(access, Math.random);
  return runQuery(new SnmpQuery({ ...snmpQueryDefaults, gateway: "gw", to, envelope }, Math.random), null, () =>
    performance.now(),
  );
}
