/** HOLDOVER-MIB and the agent against programs that are not ours: Debian's snmp tools, smilint, and net-snmp of npm. */
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
import { SnmpAgent } from "../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../firmware/management/snmp-face.js";
import { changedColumns } from "../../firmware/protocol/mib/change-log.js";
import { connectionColumns } from "../../firmware/protocol/mib/connection-columns.js";
import { holdoverRoot, scalars } from "../../firmware/protocol/mib/holdover-mib.js";
import { CommunityEnvelope } from "../../firmware/protocol/snmp/community-envelope.js";
import { writeMessage } from "../../firmware/protocol/snmp/community-message.js";
import { formatOid } from "../../firmware/protocol/snmp/oid.js";
import type { AuditOutcome, QueryTurn } from "../../host/query/audit-query.js";
import { SnmpQuery, snmpQueryDefaults } from "../../host/query/snmp-query.js";
import { aCallOf, aGatewayWith } from "../support/example-snapshot.js";
import { foreignProgram } from "../support/foreign-program.js";
import { freeLoopbackPort, openLoopbackSocket } from "../support/loopback-socket.js";
import { aPdu, mutated } from "../support/snmp-arbitraries.js";
import { snmpSourceOf } from "../support/snmp-source.js";

const run = promisify(execFile);
const stubs = fileURLToPath(new URL("../support/mibs", import.meta.url));
const docs = fileURLToPath(new URL("../../docs/mib", import.meta.url));
const root = formatOid(holdoverRoot);
const calls = 300;
/** Tags are never told over v2c. */
const openColumns = connectionColumns.filter(({ isPrivate }) => !isPrivate);
const gateway = aGatewayWith(Array.from({ length: calls }, (_, number) => aCallOf(number + 1)));

let socket: Socket;
let agent: SnmpAgent;

beforeAll(async () => {
  const options = { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 1000 };
  const face = new SnmpFace(
    options,
    snmpSourceOf(() => gateway),
  );
  agent = new SnmpAgent({ community: "recovery", askers: ["127.0.0.1"], datagramBytesMax: 1472 }, face);
  socket = await openLoopbackSocket();
  socket.on("message", (bytes, from) => {
    const answer = agent.handle(bytes, from, performance.now());
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
});

afterAll(() => {
  socket.close();
});

/** Lines that one of Debian's tools prints; -t and -r keep a failure short. */
async function asked(program: string, options: readonly string[], name: readonly string[]): Promise<string[]> {
  const peer = `127.0.0.1:${socket.address().port}`;
  const mibs = ["-M", `${stubs}:${docs}`, "-m", "HOLDOVER-MIB"];
  const all = ["-v2c", "-c", "recovery", "-t", "2", "-r", "2", ...mibs, ...options, peer, ...name];
  const { stdout } = await run(program, all, { maxBuffer: 64_000_000 });
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(!foreignProgram("smilint", "smitools").installed)("smilint", () => {
  test("finds nothing to say about HOLDOVER-MIB at its strictest", async () => {
    const { stdout, stderr } = await run("smilint", ["-l", "6", "-s", `${docs}/HOLDOVER-MIB.txt`], {
      env: { ...process.env, SMIPATH: stubs },
    });
    expect(stdout + stderr).toBe("");
  });
});

describe.skipIf(!foreignProgram("snmpwalk", "snmp").installed)("Debian's snmp tools", () => {
  test("snmpget reads the five facts by their names", async () => {
    const facts = [
      "OriginDevice",
      "OriginAddress",
      "Duration",
      "Started",
      "SendCoding",
      "Dscp",
      "DscpName",
      "Reservation",
    ];
    const lines = await asked(
      "snmpget",
      ["-Oqv"],
      facts.map((fact) => `hoConn${fact}.'A1'`),
    );
    expect(lines).toEqual([
      "101",
      "127.10.1.1",
      "61000 milliseconds",
      "2026-11-22,18:40:0.5,+0:0",
      "PCMU/8000",
      "46",
      "EF",
      "none",
    ]);
  });

  test("snmpget is told what there is not", async () => {
    const lines = await asked("snmpget", ["-Oq"], ["hoConnDscp.'FF99'", "hoGateway.99.0"]);
    expect(lines[0]).toContain("No Such Instance currently exists at this OID");
    expect(lines[1]).toContain("No Such Object available on this agent at this OID");
  });

  test("snmpwalk, snmpbulkwalk and snmptable see every cell of every connection", async () => {
    const columns = openColumns.length;
    const walked = await asked("snmpwalk", ["-On"], ["hoConnTable"]);
    expect(walked).toHaveLength(calls * columns);
    expect(await asked("snmpbulkwalk", ["-On", "-Cr50"], ["hoConnTable"])).toEqual(walked);
    const table = await asked("snmptable", ["-CB", "-Cf", "|"], ["hoConnTable"]);
    expect(table.slice(1, 2)[0]?.split("|")).toEqual(connectionColumns.map(({ name }) => name));
    expect(table).toHaveLength(2 + calls);
    expect(table.slice(2).map((row) => row.split("|").at(-1))).toEqual(Array(calls).fill("?"));
  });

  test("snmpwalk of everything ends", async () => {
    const lines = await asked("snmpwalk", ["-On"], [".1"]);
    expect(lines.at(0)).toContain("Holdover media gateway");
    expect(lines.at(-1)).toContain("No more variables left in this MIB View");
    const ours = lines.slice(0, -1).filter((line) => line.startsWith(`.${root}.`));
    const logged = calls * changedColumns.length;
    expect(ours).toHaveLength(scalars.length + calls * openColumns.length + gateway.heard.length + logged);
  });

  test("snmpbulkwalk reads the log of changes, and snmptable shows it by its counter", async () => {
    const records = await asked("snmpbulkwalk", ["-Oqv", "-Cr4"], ["hoChangedRecord"]);
    expect(records.pop()).toContain("No more variables left in this MIB View");
    expect(records).toHaveLength(calls);
    expect(records[0]).toContain("id=A1;call=C001;ep=aaln/1;dev=101");
    const behind = await asked("snmpbulkwalk", ["-Oqv", "-Cr4"], ["hoChangedConnId.0"]);
    expect(behind).toHaveLength(calls);
    const table = await asked("snmptable", ["-Ci", "-Cf", "|"], ["hoChangedTable"]);
    expect(table[2]).toMatch(/^0\.1\|A1\|.?id=A1;/);
  });

  test("snmpgetnext goes beyond sub-identifiers of 2^31", async () => {
    const lines = await asked("snmpgetnext", ["-On", "-m", ""], [`${root}.1.2.1.2.4294967295`]);
    expect(lines).toEqual([expect.stringContaining(`.${root}.1.2.1.3.`)]);
  });

  test("snmpset is refused, and changes nothing", async () => {
    await expect(asked("snmpset", [], ["hoConnDscp.'A1'", "u", "0"])).rejects.toThrow("noAccess");
  });

  test("a wrong community gets no answer and is counted", async () => {
    const before = agent.counters.inBadCommunityNames;
    await expect(asked("snmpget", ["-c", "public", "-t", "0.2", "-r", "0"], ["hoBootId.0"])).rejects.toThrow("Timeout");
    expect(agent.counters.inBadCommunityNames).toBe(before + 1);
  });
});

describe("net-snmp of npm", () => {
  test("its manager reads the same values as GETBULK rows of several columns", async () => {
    const session = snmp.createSession("127.0.0.1", "recovery", {
      port: socket.address().port,
      version: snmp.Version2c,
      timeout: 2000,
    });
    const oids = [`${root}.1.1.3`, `${root}.1.2.1.2`, `${root}.1.2.1.8`];
    const rows = await new Promise<unknown>((resolve, reject) => {
      session.getBulk(oids, 1, 3, (error, varbinds) => (error ? reject(error) : resolve(varbinds)));
    });
    session.close();
    const device = { oid: `${root}.1.2.1.2.49.48.48`, type: snmp.ObjectType.OctetString };
    expect(rows).toMatchObject([
      { oid: `${root}.1.1.3.0`, type: snmp.ObjectType.Counter64 },
      [device, {}, {}],
      [{ oid: `${root}.1.2.1.8.49.48.48`, type: snmp.ObjectType.Unsigned32, value: 46 }, { value: 46 }, { value: 46 }],
    ]);
  });

  test("its agent, which has no HOLDOVER-MIB, is told from one of ours", async () => {
    const port = await freeLoopbackPort();
    const plain = snmp.createAgent({ port, address: "127.0.0.1", disableAuthorization: true }, () => {});
    const outcome = await audited(port);
    plain.close();
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining("has no HOLDOVER-MIB under") });
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
    writeFileSync(configuration, "rocommunity recovery 127.0.0.1\nsysName plain.example\n");
    const options = ["-f", "-Ln", "-C", "-c", configuration, `udp:127.0.0.1:${port}`];
    daemon = spawn(snmpd.path, options, { env: { ...process.env, SNMP_PERSISTENT_DIR: folder }, stdio: "ignore" });
  });

  afterAll(async () => {
    const ended = once(daemon, "exit");
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true });
  });

  test("is named as an agent that cannot tell its connections", async () => {
    const outcome = await audited(port);
    expect(outcome).toMatchObject({
      ok: false,
      reason: expect.stringMatching(
        /the agent there calls itself "plain\.example", says that it is "[^"]+", is up for \d+ s, and has no HOLDOVER-MIB under [\d.]+ and no session in RTP-MIB: which connections there are it cannot tell$/,
      ),
    });
  });
});

/** What listens nowhere and answers any number of mutated questions is what answers after them: no socket is needed. */
test("100,000 mutated datagrams under the right community change nothing", () => {
  const community = new TextEncoder().encode("recovery");
  const questions = aPdu.map((pdu) => writeMessage({ community, pdu }));
  const from = { address: "127.0.0.1", port: 40_000 };
  const datagrams = fc.sample(mutated(questions), { numRuns: 10_000, seed: 20_261_122 });
  const before = agent.counters.inPkts;
  for (let round = 0; round < 10; round += 1) {
    for (const [place, bytes] of datagrams.entries()) {
      const changed = Uint8Array.from(bytes);
      if (round > 0 && changed.length > 0) changed[(place * 31 + round) % changed.length] = place + round * 29;
      const answer = agent.handle(changed, from, place);
      if (answer !== null) expect(answer.length).toBeLessThanOrEqual(1472);
    }
  }
  expect(agent.counters.inPkts).toBe(before + 100_000);
});

test("our own query over the same socket gives the same connections", async () => {
  const outcome = await audited(socket.address().port);
  if (!outcome.ok) throw new Error(outcome.reason);
  expect(outcome.audit.connections).toEqual(
    [...gateway.connections].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1)),
  );
});

/** The query over a socket of its own; it asks again on its own time, so that an agent may still be starting. */
async function audited(port: number): Promise<AuditOutcome> {
  const to = { address: "127.0.0.1", port };
  const envelope = new CommunityEnvelope("recovery");
  const query = new SnmpQuery({ ...snmpQueryDefaults, gateway: "gw", to, envelope }, Math.random);
  const asking = await openLoopbackSocket();
  let timer: NodeJS.Timeout | undefined;
  const outcome = await new Promise<AuditOutcome>((resolve) => {
    const perform = (turn: QueryTurn) => {
      for (const send of turn.sends) asking.send(send.bytes, send.to.port, send.to.address);
      if (turn.outcome !== null) resolve(turn.outcome);
      clearTimeout(timer);
      const dueMs = query.next();
      if (dueMs === null) return;
      timer = setTimeout(() => perform(query.tick(performance.now())), dueMs - performance.now() + 1);
    };
    asking.on("message", (bytes, from) => perform(query.receive(bytes, from, performance.now())));
    perform(query.start(performance.now()));
  });
  asking.close();
  return outcome;
}
