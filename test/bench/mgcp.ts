/**
 * CRCX and DLCX pairs per second and the response times, our gateway and Debian's osmo-mgw side by side: each on the
 * same core, loaded in turn, round after round, so that what else the machine does hits both alike.
 *
 *     npm run bench:mgcp -- [rounds] [seconds] [pairs at once, as 1,16,64]
 *
 * The load is text over one UDP socket, made on the other core, a number of pairs at a time; each CRCX takes any free
 * endpoint and opens two ports, each DLCX names the connection that the CRCX told. Nothing of the project is in it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LoadAgent } from "./load-agent.js";

const [rounds = 5, seconds = 3] = process.argv.slice(2, 4).map(Number);
const gatewayCore = "1";
const loadCore = "0";
const agentAddress = "127.41.0.2";
const agentPort = 2727;
const endpoints = 512;
const pairsAtOnce = (process.argv[4] ?? "1,16,64").split(",").map(Number);
const startTriesMax = 20;
const bin = fileURLToPath(new URL("../../host/cli/holdover.js", import.meta.url));

interface Contestant {
  readonly name: string;
  readonly address: string;
  /** Writes its configuration and gives the command line. */
  readonly command: (folder: string) => readonly string[];
}

interface Round {
  readonly pairsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly repeated: number;
  readonly pairs: number;
}

/** CPU time of a process with all its threads: what the machine's other work touches least. */
function cpuMs(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const [runNs = "0"] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(runNs) / 1e6;
  }, 0);
}

const contestants: readonly Contestant[] = [
  {
    name: "holdover",
    address: "127.41.0.11",
    command: (folder) => {
      const file = join(folder, "holdover.yaml");
      const configuration = {
        name: "mgw",
        address: "127.41.0.11",
        media: { portFirst: 20_000, portLast: 24_094 },
        callAgents: [{ address: agentAddress }],
        relay: { prefix: "rtpbridge/", count: endpoints },
        logLevel: "warn",
      };
      writeFileSync(file, JSON.stringify(configuration));
      return [process.execPath, bin, "gateway", "-c", file];
    },
  },
  {
    name: "osmo-mgw",
    address: "127.41.0.12",
    command: (folder) => {
      const address = "127.41.0.12";
      const lines = [
        "line vty\n no login",
        ` bind ${address} 4243`,
        `ctrl\n bind ${address}`,
        `mgcp\n bind ip ${address}\n bind port 2427\n domain mgw\n number endpoints ${endpoints}`,
        ` rtp port-range 30000 34094\n rtp bind-ip ${address}`,
      ];
      writeFileSync(join(folder, "osmo-mgw.cfg"), `${lines.join("\n")}\n`);
      return ["osmo-mgw", "-c", join(folder, "osmo-mgw.cfg")];
    },
  },
];

async function pair(agent: LoadAgent): Promise<void> {
  const made = await agent.command("CRCX", "rtpbridge/*@mgw", "C: 1A2B\r\nL: p:20, a:PCMU\r\nM: recvonly");
  const endpoint = /^Z: (\S+)/m.exec(made)?.[1];
  const connection = /^I: (\S+)/m.exec(made)?.[1];
  if (endpoint === undefined || connection === undefined) throw new Error(`no connection: ${made}`);
  const gone = await agent.command("DLCX", endpoint, `C: 1A2B\r\nI: ${connection}`);
  if (!gone.startsWith("250")) throw new Error(`not deleted: ${gone}`);
}

async function load(address: string, atOnce: number, forMs: number): Promise<Round> {
  const socket = createSocket("udp4").bind(agentPort, agentAddress);
  await once(socket, "listening");
  const agent = new LoadAgent(socket, address);
  const startedMs = performance.now();
  let pairs = 0;
  const worker = async () => {
    while (performance.now() - startedMs < forMs) {
      await pair(agent);
      pairs += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker)).finally(() => agent.close());
  const tookMs = performance.now() - startedMs;
  const sorted = agent.responseMs.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const pairsPerSecond = (pairs * 1000) / tookMs;
  return { pairsPerSecond, p50Ms: at(0.5), p99Ms: at(0.99), repeated: agent.repeated, pairs };
}

async function start(contestant: Contestant, folder: string): Promise<ChildProcess> {
  const child = spawn("taskset", ["-c", gatewayCore, ...contestant.command(folder)], { cwd: folder, stdio: "ignore" });
  for (let tries = 0; ; tries += 1) {
    // It may not listen yet, or not be in service.
    const failure = await load(contestant.address, 1, 1).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null) return child;
    if (tries === startTriesMax) throw failure;
    await pause(200);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  execFileSync("taskset", ["-a", "-c", "-p", loadCore, String(process.pid)]);
  const folder = mkdtempSync(join(tmpdir(), "holdover-bench-"));
  const children: ChildProcess[] = [];
  try {
    for (const contestant of contestants) children.push(await start(contestant, folder));
    for (const { address } of contestants) await load(address, 16, 2000);
    for (const atOnce of pairsAtOnce) await compare(atOnce, children);
  } finally {
    for (const child of children) {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    }
    rmSync(folder, { recursive: true });
  }
}

interface MeasuredRound extends Round {
  /** CPU of the gateway, µs a pair. */
  readonly cpuUs: number;
}

async function compare(atOnce: number, children: readonly ChildProcess[]): Promise<void> {
  const results = contestants.map((): MeasuredRound[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { address }] of contestants.entries()) {
      const pid = children[index]?.pid;
      const before = cpuMs(pid);
      const measured = await load(address, atOnce, seconds * 1000);
      results[index]?.push({ ...measured, cpuUs: ((cpuMs(pid) - before) * 1000) / measured.pairs });
      await pause(200);
    }
  }
  for (const [index, { name }] of contestants.entries()) {
    const all = results[index] ?? [];
    const column = (of: (round: MeasuredRound) => number) => median(all.map(of));
    const rates = all.map(({ pairsPerSecond }) => pairsPerSecond);
    console.log(
      `${atOnce} at once, ${name.padEnd(8)}: ${column((one) => one.pairsPerSecond).toFixed(0)} pairs/s ` +
        `[${Math.min(...rates).toFixed(0)}-${Math.max(...rates).toFixed(0)}], response p50 ` +
        `${column((one) => one.p50Ms).toFixed(2)} ms, p99 ${column((one) => one.p99Ms).toFixed(2)} ms, ` +
        `${column((one) => one.cpuUs).toFixed(0)} µs CPU a pair, ` +
        `${all.reduce((sum, { repeated }) => sum + repeated, 0)} repeated`,
    );
  }
  const [ours = [], theirs = []] = results;
  const ratios = ours.map((one, index) => one.pairsPerSecond / (theirs[index]?.pairsPerSecond ?? Number.NaN));
  console.log(`${atOnce} at once, ratio of rates, median of ${rounds} rounds: ${median(ratios).toFixed(2)}`);
}

await main();
