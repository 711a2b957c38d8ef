/**
 * Whether an audit moves the media path: a real `holdover gateway`, calls that it relays, and all its connections asked
 * for by MGCP, SNMP and SIP back to back, or not, turn and turn about. What is measured is the time a packet takes through
 * the gateway, by the kernel's clock (rtp-load.c).
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { monotonicMs } from "../../firmware/io/monotonic-clock.js";
import type { AuditProtocol } from "../../firmware/protocol/active-connection.js";
import { CommunityEnvelope } from "../../firmware/protocol/snmp/community-envelope.js";
import { type QueryPlace, QueryRunner } from "../../host/io/query-runner.js";
import { MgcpQuery } from "../../host/query/mgcp-query.js";
import { SipQuery } from "../../host/query/sip-query.js";
import { SnmpQuery, snmpQueryDefaults } from "../../host/query/snmp-query.js";
import { LoadAgent } from "./load-agent.js";

export const relayedCalls = 150;
export const heldConnections = 1_000;
const lapMs = 4_000;
const settleMs = 300;
const gatewayAddress = "127.52.0.1";
const agentAddress = "127.52.0.2";
const farAddress = "127.52.0.3";
const farPortFirst = 10_000;
const community = "bench-community-of-the-media-row";
const atOnce = 32;
const startTriesMax = 50;
const bin = fileURLToPath(new URL("../../host/cli/holdover.js", import.meta.url));
const random = () => randomInt(2 ** 47) / 2 ** 47;

export interface MediaLap {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the packets that were sent. */
  readonly lost: number;
  readonly audits: Readonly<Record<AuditProtocol, number>>;
  /** Share of a processor that the media thread used, and the others of the gateway together. */
  readonly mediaCpu: number;
  readonly otherCpu: number;
}

/** Laps without audits and with them, in turn. */
export async function mediaBesideAudits(rounds: number): Promise<{ quiet: MediaLap[]; asked: MediaLap[] }> {
  const folder = mkdtempSync(join(tmpdir(), "holdover-bench-"));
  const children: ChildProcess[] = [];
  const [quiet, asked]: [MediaLap[], MediaLap[]] = [[], []];
  try {
    // As programs run by themselves; the gateway's media thread asks for more.
    setPriority(0);
    const gateway = startGateway(folder);
    children.push(gateway);
    const load = startLoad(folder, await fill());
    children.push(load.child);
    // Those who ask are on other machines in life, and must not take this one's processors from the gateway.
    setPriority(15);
    await load.lap();
    await pause(lapMs);
    for (let round = 0; round < rounds; round += 1) {
      quiet.push(await measured(gateway, load, false));
      asked.push(await measured(gateway, load, true));
    }
  } finally {
    setPriority(0);
    for (const child of children) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    rmSync(folder, { recursive: true });
  }
  return { quiet, asked };
}

async function measured(gateway: ChildProcess, load: Load, isAsked: boolean): Promise<MediaLap> {
  await pause(settleMs);
  await load.lap();
  const before = cpuMs(gateway.pid);
  const startedMs = performance.now();
  const audits = isAsked ? await askFor(lapMs) : { mgcp: 0, snmp: 0, sip: 0 };
  await pause(Math.max(0, lapMs - (performance.now() - startedMs)));
  const { sent, received, p50Us, p99Us, maxUs } = await load.lap();
  const after = cpuMs(gateway.pid);
  const tookMs = performance.now() - startedMs;
  return {
    p50Ms: p50Us / 1_000,
    p99Ms: p99Us / 1_000,
    maxMs: maxUs / 1_000,
    lost: Math.max(0, sent - received) / sent,
    audits,
    mediaCpu: (after.media - before.media) / tookMs,
    otherCpu: (after.others - before.others) / tookMs,
  };
}

/** All of everything, by each protocol, one audit after the other. */
async function askFor(ms: number): Promise<Record<AuditProtocol, number>> {
  const runner = new QueryRunner({ address: agentAddress }, monotonicMs);
  const untilMs = performance.now() + ms;
  const gateway = "mgw";
  const audits = { mgcp: 0, snmp: 0, sip: 0 };
  const ask = async (
    via: AuditProtocol,
    port: number,
    query: (place: QueryPlace) => MgcpQuery | SnmpQuery | SipQuery,
  ) => {
    while (performance.now() < untilMs) {
      const outcome = await runner.run(query, { address: gatewayAddress, port });
      if (!outcome.ok) throw new Error(outcome.reason);
      const { length } = outcome.audit.connections;
      if (length !== heldConnections) throw new Error(`${via} tells ${length} connections`);
      audits[via] += 1;
    }
  };
  const to = (port: number) => ({ address: gatewayAddress, port });
  const envelope = () => new CommunityEnvelope(community);
  await Promise.all([
    ask("mgcp", 2427, (place) => new MgcpQuery({ gateway, to: to(2427) }, random, place)),
    ask("snmp", 161, () => new SnmpQuery({ ...snmpQueryDefaults, gateway, to: to(161), envelope: envelope() }, random)),
    ask("sip", 5060, (from) => new SipQuery({ gateway, to: to(5060), from, timeoutMs: 30_000 }, random)),
  ]);
  runner.close();
  return audits;
}

function startGateway(folder: string): ChildProcess {
  const file = join(folder, "gateway.yaml");
  writeFileSync(
    file,
    JSON.stringify({
      name: "mgw",
      address: gatewayAddress,
      media: { portFirst: 20_000, portLast: 60_000 },
      callAgents: [{ address: agentAddress }],
      relay: { prefix: "relay/", count: heldConnections / 2 },
      snmp: { community },
      logLevel: "warn",
    }),
  );
  return spawn(process.execPath, [bin, "gateway", "-c", file], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

/** Makes all connections, tags on them; the gateway's ports of those that carry packets, leg by leg. */
async function fill(): Promise<number[]> {
  const socket = createSocket("udp4").bind(2727, agentAddress);
  await once(socket, "listening");
  const agent = new LoadAgent(socket, gatewayAddress);
  const ports: number[] = [];
  let next = 0;
  const make = async () => {
    for (let leg = next++; leg < heldConnections; leg = next++) ports[leg] = await makeLeg(agent, leg);
  };
  try {
    await answering(agent);
    await Promise.all(Array.from({ length: atOnce }, make));
  } finally {
    agent.close();
  }
  return ports.slice(0, 2 * relayedCalls);
}

async function answering(agent: LoadAgent): Promise<void> {
  for (let tries = 0; tries < startTriesMax; tries += 1) {
    if (/^200 /.test(await agent.command("AUEP", "relay/1@mgw", "F: I"))) return;
    await pause(200);
  }
  throw new Error("the gateway does not come into service");
}

async function makeLeg(agent: LoadAgent, leg: number): Promise<number> {
  const call = leg >> 1;
  const description =
    `v=0\r\no=- 1 1 IN IP4 ${farAddress}\r\ns=-\r\nc=IN IP4 ${farAddress}\r\nt=0 0\r\n` +
    `m=audio ${farPortFirst + 2 * leg} RTP/AVP 8`;
  const tag = `v=1;from=${100_000 + call};to=${900_000 + call};orig=aaln/1@gw.example;`.padEnd(200, "x");
  const lines = `C: ${(0xa000 + call).toString(16)}\r\nL: p:20, a:PCMA\r\nM: sendrecv\r\nx-ho/T: ${tag}\r\n\r\n${description}`;
  const answer = await agent.command("CRCX", `relay/${(call + 1).toString(16)}@mgw`, lines);
  const port = Number(/^m=audio (\d+) /m.exec(answer)?.[1]);

  if (!answer.startsWith("200") || Number.isNaN(port)) throw new Error(`no connection: ${answer}`);
  return port;
}

interface Lap {
  readonly sent: number;
  readonly received: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

interface Load {
  readonly child: ChildProcess;
  /** What came since the last. */
  readonly lap: () => Promise<Lap>;
}

function startLoad(folder: string, ports: readonly number[]): Load {
  const program = join(folder, "rtp-load");
  execFileSync("gcc", ["-O2", "-o", program, resolve("test/bench/rtp-load.c")]);
  const words = [farAddress, String(farPortFirst), gatewayAddress, String(ports.length)];
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write(ports.map((port) => `${port}\n`).join(""));
  const lines: Interface = createInterface({ input: child.stdout });
  const lap = async () => {
    const answer = once(lines, "line");
    child.stdin.write("lap\n");
    const [line] = await answer;
    const told: Lap = JSON.parse(String(line));
    return told;
  };
  return { child, lap };
}

/** CPU time of a gateway's media thread, that asks to go first, and of its others. */
function cpuMs(pid: number | undefined): { readonly media: number; readonly others: number } {
  let [media, others] = [0, 0];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [runNs = "0"] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    const told = readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    // proc(5): fields 19 and 40 of all are niceness and real-time priority, these begin with the third; V8's have 1.
    if (Number(told[16]) < 0 || Number(told[37]) > 1) media += Number(runNs) / 1e6;
    else others += Number(runNs) / 1e6;
  }
  return { media, others };
}
