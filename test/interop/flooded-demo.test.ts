/**
 * `holdover demo --calls 100` while every port of everything takes random and mutated datagrams, from those that are
 * listened to and from strangers: 100,000 at the gateways' and the call servers' signalling, a share at each telephone and
 * each media port. It ends as without them, and no program grows.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Flood, mediaTargets, type Target } from "../support/flood.js";
import { hostileDatagrams, hostileKinds } from "../support/hostile-datagrams.js";
import { droppedBySocket, residentBytesOf } from "../support/process-memory.js";
import { holdoverBin, linesOf } from "../support/programs.js";

const calls = 100;
/** At the faces in all; the other ports get a share beside. */
const faceDatagrams = 100_000;
const faceDatagramsPerSecond = 7_000;
const mediaDatagramsPerSecond = 2_000;
const poolDatagrams = 10_000;
const seed = Number(process.env.HOLDOVER_SEED ?? 20_261_123);
const grownBytesMax = 150 << 20;
const withinMs = 120_000;

/** As the demo has them (host/cli/demo/cast). */
const servers = ["127.10.0.1", "127.10.0.2"] as const;
const gateways = ["127.10.0.11", "127.10.0.12"] as const;
const telephones = ["127.10.1.", "127.10.2."] as const;
const snmpPort = 10_161;
const asker = "127.0.0.1";
const stranger = "127.0.0.9";
/** Where gateways open media ports, two for a leg and two legs for a call. */
const mediaPortFirst = 16_384;

const folder = mkdtempSync(join(tmpdir(), "holdover-flooded-"));
let child: ChildProcess | null = null;

afterAll(() => {
  child?.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

function faces(): Target[] {
  return [
    ...gateways.flatMap((address): Target[] => [
      { kind: "mgcp", address, port: 2427, from: [asker, stranger, servers[1]] },
      { kind: "sip", address, port: 5060, from: [asker, stranger] },
      { kind: "snmp", address, port: snmpPort, from: [asker, stranger] },
    ]),
    ...servers.flatMap((address): Target[] => [
      { kind: "mgcp", address, port: 2727, from: [asker, stranger, gateways[0]] },
      { kind: "heartbeat", address, port: 2728, from: [asker, stranger, ...servers] },
    ]),
  ];
}

function everythingElse(): Target[] {
  const all: Target[] = [];
  for (const [side, gateway] of gateways.entries()) {
    for (let call = 0; call < calls; call += 1) {
      const telephone = `${telephones[side]}${call + 1}`;
      // Not from the gateway's own address: an INVITE from there is a call, whoever sent it.
      all.push({ kind: "sip", address: telephone, port: 5060, from: [asker, stranger] });
      all.push(...mediaTargets(telephone, 40_000, [gateway, asker, stranger]));
      for (const leg of [0, 1])
        all.push(...mediaTargets(gateway, mediaPortFirst + 4 * call + 2 * leg, [telephone, asker, stranger]));
    }
  }
  return all;
}

/** As long as the demo's, which is made when it starts. */
const placeholder = "c".repeat(24);

/** A neighbour may know the SNMP community: it is put where the placeholder stands. */
function addressToDemo(datagrams: readonly Uint8Array[]): void {
  const [demo = ""] = readdirSync(folder);
  const { snmp } = JSON.parse(readFileSync(join(folder, demo, "gw1.example.yaml"), "utf8"));
  for (const datagram of datagrams) {
    const at = Buffer.from(datagram).indexOf(placeholder);
    if (at >= 0) datagram.set(Buffer.from(String(snmp.community)), at);
  }
}

/** The demo tells each process it starts, and its acts by their numbers. */
function pidsIn(story: string): number[] {
  return [...story.matchAll(/, process (\d+)$/gm)].map((match) => Number(match[1]));
}

interface Watched {
  readonly grownBytes: () => number;
  readonly dropped: () => number;
  readonly stop: () => void;
}

/** Looks at the programs again and again: what they have grown by, and what the kernel dropped for them. */
function watch(pids: readonly number[]): Watched {
  const before = new Map(pids.map((pid) => [pid, residentBytesOf(pid) ?? 0]));
  const dropped = new Map<string, number>();
  let grown = 0;
  const look = () => {
    for (const pid of pids) grown = Math.max(grown, (residentBytesOf(pid) ?? 0) - (before.get(pid) ?? 0));
    for (const [socket, count] of droppedBySocket()) dropped.set(socket, count);
  };
  const timer = setInterval(look, 500);
  return {
    grownBytes: () => grown,
    dropped: () => [...dropped.values()].reduce((sum, count) => sum + count, 0),
    stop: () => clearInterval(timer),
  };
}

test(`seed ${seed}: a hundred calls are recovered, billed and heard through it`, { timeout: 180_000 }, async () => {
  const pools = new Map(
    hostileKinds.map((kind, place) => [kind, hostileDatagrams(kind, poolDatagrams, placeholder, seed + place)]),
  );
  const demo = spawn(process.execPath, [holdoverBin, "demo", "--calls", String(calls), "--json"], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child = demo;
  let [said, story] = ["", ""];
  demo.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const begun = new Promise<void>((resolve) => {
    demo.stderr.setEncoding("utf8").on("data", (text: string) => {
      story += text;
      if (/^2 {2}\d+ stations call/m.test(story)) resolve();
    });
  });
  const ended = once(demo, "close", { signal: AbortSignal.timeout(withinMs) });
  await Promise.race([begun, ended]);
  addressToDemo(pools.get("snmp") ?? []);
  const watched = watch(pidsIn(story));
  const floods = [new Flood(faces(), pools), new Flood(everythingElse(), pools)] as const;
  await floods[0].start(faceDatagramsPerSecond, faceDatagrams);
  await floods[1].start(mediaDatagramsPerSecond, Number.POSITIVE_INFINITY);
  await ended;
  watched.stop();
  for (const flood of floods) flood.stop();
  const [atFaces, elsewhere] = floods.map(({ sent }) => sent);
  const figures = { atFaces, elsewhere, dropped: watched.dropped(), grownBytes: watched.grownBytes() };
  process.stdout.write(`${JSON.stringify(figures)} ${linesOf(said).at(-1)}\n`);
  const result = JSON.parse(linesOf(said).at(-1) ?? "null");
  expect(result, story).toMatchObject({ connections: 2 * calls, agree: true, cdr: { count: calls } });
  expect(result.ok, story).toBe(true);
  expect(atFaces).toBe(faceDatagrams);
  expect(elsewhere).toBeGreaterThan(10_000);
  expect(watched.grownBytes()).toBeLessThan(grownBytesMax);
});
