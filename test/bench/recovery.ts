/**
 * How long it takes from the word that the primary is gone until every active connection is in the backup's record; gateways
 * as whole cores behind real loopback sockets in processes of their own, this process the backup.
 *
 *     npm run bench:recovery -- [--json] [--rounds N] [--quick] [--only "cold sip"]
 *
 * cold: the backup has never heard of any of the calls, tags of 200 characters, MGCP replies within 4,000 bytes.
 * warm: it has polled before; since then one connection in a hundred has changed.
 * textbook: RFC 3435 alone, AUEP of all, then AUEP of each endpoint and AUCX of each connection. snmpbulkwalk: Debian's.
 */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { monotonicMs } from "../../firmware/io/monotonic-clock.js";
import type { AuditProtocol } from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";
import { CommunityEnvelope } from "../../firmware/protocol/snmp/community-envelope.js";
import { type QueryPlace, QueryRunner } from "../../host/io/query-runner.js";
import type { AuditQuery } from "../../host/query/audit-query.js";
import { MgcpQuery } from "../../host/query/mgcp-query.js";
import { SipQuery } from "../../host/query/sip-query.js";
import { SnmpQuery, snmpQueryDefaults } from "../../host/query/snmp-query.js";
import { ConnectionRecords } from "../../host/registry/connection-records.js";
import { callAgent, community, placeOf, ports, type Question } from "./recovery-gateways.js";
import { heldConnections, type MediaLap, mediaBesideAudits, relayedCalls } from "./recovery-media.js";

const isJson = process.argv.includes("--json");
const isQuick = process.argv.includes("--quick");
const rounds = Number(process.argv[process.argv.indexOf("--rounds") + 1]) || (isQuick ? 2 : 5);
/** Part of the names of the rows that are wanted; empty: all. */
const only = process.argv.includes("--only") ? (process.argv[process.argv.indexOf("--only") + 1] ?? "") : "";
const tagCharacters = 200;
/** As many gateways are asked at once. */
const inFlightMax = 100;
const aimsMs: Readonly<Record<string, number>> = {
  "cold mgcp 10,000 on 100 gateways": 500,
  "cold mgcp 10,000 on 1 gateway": 500,
  "cold snmp 10,000 on 100 gateways": 2_500,
  "cold snmp 10,000 on 1 gateway": 2_500,
  "cold sip 10,000 on 100 gateways": 1_000,
  "cold sip 10,000 on 1 gateway": 1_000,
  "warm mgcp 10,000 on 100 gateways": 50,
  "warm mgcp 10,000 on 1 gateway": 50,
  "CPU of an unchanged mgcp poll, 10,000 on 1 gateway": 1,
};

interface Row {
  readonly name: string;
  /** Median of the rounds. */
  readonly ours: number;
  readonly unit: "ms";
  readonly aimMs: number | null;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly datagrams: number;
  readonly octets: number;
  readonly rows: number;
  /** CPU of this process and of the gateways', the garbage's included: what a busy machine does not change. */
  readonly backupCpuMs: number;
  readonly gatewaysCpuMs: number;
}

interface MediaRow {
  readonly name: string;
  /** Median over the laps of the 99th percentile of the time through the gateway. */
  readonly ours: number;
  readonly unit: "ms";
  readonly leastMs: number;
  readonly mostMs: number;
  readonly p50Ms: number;
  /** Of all laps. */
  readonly maxMs: number;
  readonly lost: number;
  /** Audits in a lap, of all protocols. */
  readonly audits: number;
  /** Of a processor. */
  readonly mediaCpu: number;
  readonly otherCpu: number;
}

const audited = { connections: heldConnections, gateways: 1 };

type Way = "mgcp" | "snmp" | "sip" | "textbook";

interface Site {
  readonly gateways: number;
  readonly connections: number;
  readonly children: readonly ChildProcess[];
}

const random = () => randomInt(2 ** 47) / 2 ** 47;
/** As a call server has one for all it asks. */
const runner = new QueryRunner({ address: callAgent.address }, monotonicMs);

function addressOf(way: Way, index: number): Address {
  const { address } = placeOf(index);
  return { address, port: way === "snmp" ? ports.snmp : way === "sip" ? ports.sip : ports.mgcp };
}

function queryOf(way: Way, index: number, records: ConnectionRecords, relays: number, place: QueryPlace): AuditQuery {
  const { name: gateway } = placeOf(index);
  const to = addressOf(way, index);
  if (way === "sip")
    return new SipQuery({ gateway, to, from: place, transport: "tcp first", timeoutMs: 30_000 }, random);
  const via: AuditProtocol = way === "snmp" ? "snmp" : "mgcp";
  const since = way === "textbook" ? null : records.since(gateway, via);
  if (way === "snmp") {
    const envelope = new CommunityEnvelope(community);
    return new SnmpQuery({ ...snmpQueryDefaults, gateway, to, envelope, since }, random);
  }
  const endpointNames = Array.from({ length: relays }, (_, relay) => `relay/${(relay + 1).toString(16)}`);
  const plain = way === "textbook" ? { asksRecovery: false, endpointNames } : {};
  return new MgcpQuery({ gateway, to, since, ...plain }, random, place);
}

type Measured = Pick<Row, "datagrams" | "octets" | "rows" | "backupCpuMs" | "gatewaysCpuMs"> & { readonly ms: number };

/** Asks all gateways, so many at once, and takes what they tell into the records. */
async function recover(site: Site, way: Way, records: ConnectionRecords): Promise<Measured> {
  let [datagrams, octets, next] = [0, 0, 0];
  const relays = Math.ceil(site.connections / site.gateways / 2);
  const gatewaysBeforeMs = await gatewaysCpuMs(site);
  const before = process.cpuUsage();
  const startMs = monotonicMs();
  const ask = async () => {
    for (let index = next++; index < site.gateways; index = next++) {
      const query = (place: QueryPlace) => queryOf(way, index, records, relays, place);
      const outcome = await runner.run(query, addressOf(way, index));
      if (!outcome.ok) throw new Error(outcome.reason);
      const audit = records.completed({ ...outcome.audit, gateway: placeOf(index).name });
      if (audit === null) throw new Error("an audit of what changed was not completed");
      records.learn(audit, { askedAtWallMs: Date.now(), heardAtWallMs: Date.now() });
      datagrams += outcome.cost.sent + outcome.cost.received;
      octets += outcome.cost.octets;
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, site.gateways) }, ask));
  const ms = monotonicMs() - startMs;
  const used = process.cpuUsage(before);
  const cpu = {
    backupCpuMs: tenths((used.user + used.system) / 1000),
    gatewaysCpuMs: tenths((await gatewaysCpuMs(site)) - gatewaysBeforeMs),
  };
  const rows = records.all();
  if (rows.length !== site.connections) throw new Error(`${rows.length} of ${site.connections} connections recorded`);
  if (way === "mgcp" && rows.some(({ tag }) => tag.length !== tagCharacters)) throw new Error("a tag is not whole");
  return { ms, datagrams, octets, rows: rows.length, ...cpu };
}

async function ask(child: ChildProcess, question: Question): Promise<unknown> {
  const answer = once(child, "message");
  child.send(question);
  return (await answer)[0];
}

async function gatewaysCpuMs(site: Site): Promise<number> {
  let sumMs = 0;
  for (const child of site.children) {
    const usage = await ask(child, { ask: "cpu" });
    if (typeof usage !== "object" || usage === null || !("user" in usage) || !("system" in usage)) continue;
    sumMs += (Number(usage.user) + Number(usage.system)) / 1000;
  }
  return sumMs;
}

async function change(site: Site): Promise<void> {
  const each = Math.ceil(site.connections / site.gateways / 100);
  for (const child of site.children) await ask(child, { ask: "change", count: each });
}

async function open(gateways: number, connections: number): Promise<Site> {
  const program = fileURLToPath(new URL("./recovery-gateways.js", import.meta.url));
  const processes = Math.min(gateways, 2);
  const children: ChildProcess[] = [];
  for (let index = 0; index < processes; index += 1) {
    const count = gateways / processes;
    const toPlay = { first: index * count, count, connectionsEach: connections / gateways, tagCharacters };
    const child = fork(program, [JSON.stringify(toPlay)], {
      execArgv: [...process.execArgv, "--max-old-space-size=4096"],
    });
    children.push(child);
  }
  await Promise.all(children.map((child) => once(child, "message")));
  return { gateways, connections, children };
}

async function close(site: Site): Promise<void> {
  for (const child of site.children) child.disconnect();
  await Promise.all(site.children.map((child) => once(child, "exit")));
}

function rowOf(name: string, measured: readonly Measured[]): Row {
  const sorted = [...measured].sort((a, b) => a.ms - b.ms);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (middle === undefined || least === undefined || most === undefined) throw new Error("nothing was measured");
  const { ms, ...costs } = middle;
  const spread = { leastMs: tenths(least.ms), mostMs: tenths(most.ms) };
  return {
    name,
    ours: ms < 1 ? Math.round(ms * 1000) / 1000 : tenths(ms),
    unit: "ms",
    aimMs: aimsMs[name] ?? null,
    ...spread,
    ...costs,
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

async function cold(site: Site, way: Way, times: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let round = 0; round < times; round += 1) measured.push(await recover(site, way, new ConnectionRecords([])));
  return measured;
}

async function warm(site: Site, way: Way, times: number): Promise<Measured[]> {
  const records = new ConnectionRecords([]);
  await recover(site, way, records);
  const measured: Measured[] = [];
  for (let round = 0; round < times; round += 1) {
    await change(site);
    measured.push(await recover(site, way, records));
  }
  return measured;
}

/** What one poll costs a gateway when nothing has changed: its process's CPU, its idle timers too; polls one after the other. */
async function unchangedPoll(site: Site): Promise<Measured[]> {
  const records = new ConnectionRecords([]);
  await recover(site, "mgcp", records);
  const polls = 300;
  const { name: gateway } = placeOf(0);
  const to = addressOf("mgcp", 0);
  const beforeMs = await gatewaysCpuMs(site);
  for (let poll = 0; poll < polls; poll += 1) {
    const since = records.since(gateway, "mgcp");
    const outcome = await runner.run((place) => new MgcpQuery({ gateway, to, since }, random, place), to);
    if (!outcome.ok || outcome.audit.since === undefined) throw new Error("a poll was not answered by what changed");
  }
  const eachMs = ((await gatewaysCpuMs(site)) - beforeMs) / polls;
  const none = { datagrams: 0, octets: 0, backupCpuMs: 0, gatewaysCpuMs: eachMs };
  return [{ ms: eachMs, rows: site.connections, ...none }];
}

async function snmpbulkwalk(): Promise<Measured[]> {
  const place = placeOf(0);
  const target = [`${place.address}:${ports.snmp}`, "1.3.6.1.4.1.8072.9999.9999.2427"];
  const startMs = monotonicMs();
  const options = { maxBuffer: 2 ** 28, encoding: "latin1" as const };
  const text = execFileSync("snmpbulkwalk", ["-v2c", "-c", community, "-Cr40", "-On", ...target], options);
  const ms = monotonicMs() - startMs;
  const none = { datagrams: 0, octets: 0, backupCpuMs: 0, gatewaysCpuMs: 0 };
  return [{ ms, rows: text.split("\n").length, ...none }];
}

function placing({ connections, gateways }: Pick<Site, "connections" | "gateways">): string {
  return `${connections.toLocaleString("en")} on ${gateways} gateway${gateways === 1 ? "" : "s"}`;
}

function show(row: Row): void {
  if (isJson) return;
  const aim = row.aimMs === null ? "" : ` (aim ${row.aimMs})`;
  const cpu = `, CPU ${row.backupCpuMs} ms here, ${row.gatewaysCpuMs} ms there`;
  const cost = row.datagrams === 0 ? "" : `, ${row.datagrams} datagrams, ${(row.octets / 1e6).toFixed(2)} MB${cpu}`;
  console.log(
    `${row.name.padEnd(50)} ${row.ours.toFixed(row.ours < 1 ? 3 : 1).padStart(9)} ms${aim} [${row.leastMs}-${row.mostMs}]${cost}`,
  );
}

function mediaRowOf(name: string, laps: readonly MediaLap[]): MediaRow {
  const thousandths = (value: number) => Math.round(value * 1000) / 1000;
  const column = (of: (lap: MediaLap) => number) => laps.map(of).sort((a, b) => a - b);
  const median = (of: (lap: MediaLap) => number) => thousandths(column(of)[Math.floor(laps.length / 2)] ?? Number.NaN);
  const p99s = column(({ p99Ms }) => p99Ms);
  return {
    name,
    ours: median(({ p99Ms }) => p99Ms),
    unit: "ms",
    leastMs: thousandths(p99s[0] ?? Number.NaN),
    mostMs: thousandths(p99s.at(-1) ?? Number.NaN),
    p50Ms: median(({ p50Ms }) => p50Ms),
    maxMs: thousandths(column(({ maxMs }) => maxMs).at(-1) ?? Number.NaN),
    lost: median(({ lost }) => lost),
    audits: median(({ audits }) => audits.mgcp + audits.snmp + audits.sip),
    mediaCpu: median(({ mediaCpu }) => mediaCpu),
    otherCpu: median(({ otherCpu }) => otherCpu),
  };
}

function showMedia({ name, ours, leastMs, mostMs, p50Ms, maxMs, lost, audits, mediaCpu, otherCpu }: MediaRow): void {
  if (isJson) return;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const cpu = `CPU ${percent(mediaCpu)} media, ${percent(otherCpu)} the rest`;
  const more = `p50 ${p50Ms}, max ${maxMs} ms, ${percent(lost)} lost, ${audits} audits a lap, ${cpu}`;
  console.log(`${name.padEnd(50)} ${ours.toFixed(3).padStart(9)} ms [${leastMs}-${mostMs}], ${more}`);
}

interface Task {
  readonly name: string;
  readonly run: (site: Site) => Promise<Measured[]>;
}

/** The rows of a site: by MGCP always, the other ways where it is measured whole. */
function tasksOf(gateways: number, connections: number, isWhole: boolean): Task[] {
  const place = placing({ gateways, connections });
  const slow = Math.min(rounds, 3);
  const tasks: Task[] = [
    { name: `cold mgcp ${place}`, run: (site) => cold(site, "mgcp", rounds) },
    { name: `warm mgcp ${place}`, run: (site) => warm(site, "mgcp", rounds) },
  ];
  if (!isWhole) return tasks;
  tasks.push(
    { name: `cold snmp ${place}`, run: (site) => cold(site, "snmp", slow) },
    { name: `warm snmp ${place}`, run: (site) => warm(site, "snmp", slow) },
    { name: `cold sip ${place}`, run: (site) => cold(site, "sip", slow) },
    { name: `textbook ${place}`, run: (site) => cold(site, "textbook", 1) },
  );
  if (gateways > 1) return tasks;
  return [
    ...tasks,
    { name: `snmpbulkwalk ${place}`, run: snmpbulkwalk },
    { name: `CPU of an unchanged mgcp poll, ${place}`, run: unchangedPoll },
  ];
}

async function measure(gateways: number, connections: number, isWhole: boolean): Promise<Row[]> {
  const tasks = tasksOf(gateways, connections, isWhole).filter(({ name }) => name.includes(only));
  if (tasks.length === 0) return [];
  const site = await open(gateways, connections);
  const rows: Row[] = [];
  try {
    await recover(site, "mgcp", new ConnectionRecords([]));
    for (const { name, run } of tasks) {
      const row = rowOf(name, await run(site));
      rows.push(row);
      show(row);
    }
  } finally {
    await close(site);
  }
  return rows;
}

const sites: readonly (readonly [gateways: number, connections: number, isWhole: boolean])[] = isQuick
  ? [[1, 10_000, false]]
  : [
      [100, 10_000, true],
      [1, 10_000, true],
      [100, 1_000, false],
      [100, 50_000, false],
      [1, 1_000, false],
      [1, 30_000, false],
    ];
/** The media path's p99 without and beside audits of everything by all three protocols. */
async function measureMedia(): Promise<MediaRow[]> {
  const load = `p99 of ${relayedCalls} calls relayed`;
  const names = { quiet: `media ${load}, nobody asks`, asked: `media ${load}, all of ${placing(audited)} asked` };
  if (!Object.values(names).some((name) => name.includes(only))) return [];
  const { quiet, asked } = await mediaBesideAudits(rounds);
  const mediaRows = [mediaRowOf(names.quiet, quiet), mediaRowOf(names.asked, asked)];
  for (const row of mediaRows) showMedia(row);
  return mediaRows;
}

const rows: (Row | MediaRow)[] = [];
for (const [gateways, connections, isWhole] of sites) rows.push(...(await measure(gateways, connections, isWhole)));
rows.push(...(await measureMedia()));
runner.close();
if (isJson) console.log(JSON.stringify({ rows }, null, 2));
