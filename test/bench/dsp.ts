/**
 * The wasm's lane codecs against Debian's libspandsp and libavcodec, on one core, the two taking turns. To run it:
 *
 *     npm run bench:dsp
 *
 * Needs gcc, libspandsp-dev, libavcodec-dev. Prints calls in real time per core (all transposition and job tables
 * included): 64 calls at once, and one alone. Each figure is the best slice of both sides.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { hardSignal, randomBytes } from "../support/codec-signals.js";
import { bytesOf, newLaneCodec } from "../support/lane-codec.js";
import { seededRandom } from "../support/seeded-random.js";

const samples = 160;
const rounds = 5;
const slicesEach = 8;
const callsAtOnce = 64;
const clockHz = 8000;

interface Row {
  readonly peer: string;
  readonly operation: string;
  readonly reset: string;
  readonly bytesIn: number;
}

const rows: readonly Row[] = [
  ...[16, 24, 32, 40].flatMap((rate) => [
    { peer: `g726-${rate}-encode`, operation: `g726At${rate}EncodeLinear`, reset: "g726Reset", bytesIn: 2 },
    { peer: `g726-${rate}-decode`, operation: `g726At${rate}DecodeLinear`, reset: "g726Reset", bytesIn: 1 },
  ]),
  { peer: "g722-64-encode", operation: "g722Encode", reset: "g722Reset", bytesIn: 4 },
  { peer: "g722-64-decode", operation: "g722DecodeAt64", reset: "g722Reset", bytesIn: 1 },
];

const folder = mkdtempSync(join(tmpdir(), "holdover-bench-"));
const peer = join(folder, "codec-bench");
const source = resolve("test/support/oracle/codec-bench.c");
execFileSync("gcc", ["-O2", "-w", "-o", peer, source, "-lspandsp", "-lavcodec", "-lavutil"]);

const codec = await newLaneCodec();
const random = seededRandom(1);
const sound = bytesOf(hardSignal(32_000, random));

/** Nanoseconds a sample of one call, in the least of some slices. */
function wasmNs(row: Row, calls: number): number {
  const everyCall = Array.from({ length: calls }, (_, call) => call);
  codec.reset(row.reset, everyCall);
  const jobs = everyCall.map((call) => ({
    call,
    input:
      row.bytesIn === 1 ? randomBytes(samples, random) : sound.subarray(call * 400, call * 400 + samples * row.bytesIn),
  }));
  codec.run(row.operation, jobs, samples, 0);
  const again = codec.prepared(row.operation, jobs.length, samples);
  const runs = Math.ceil(100 * (64 / (calls + 7)));
  let best = Number.POSITIVE_INFINITY;
  for (let slice = 0; slice < slicesEach; slice += 1) {
    const begun = process.cpuUsage();
    const begunNs = process.hrtime.bigint();
    for (let run = 0; run < runs; run += 1) again();
    const { user, system } = process.cpuUsage(begun);
    const ns = Math.min(1000 * (user + system), Number(process.hrtime.bigint() - begunNs));
    best = Math.min(best, ns / (runs * calls * samples));
  }
  return best;
}

function peerNs(row: Row): number {
  const answer: unknown = JSON.parse(execFileSync(peer, [row.peer], { input: sound, encoding: "utf8" }));
  if (typeof answer !== "object" || answer === null) throw new Error(`${row.peer}: no answer`);
  return Math.min(...Object.values(answer).map(Number).filter(Number.isFinite));
}

const callsPerCore = (ns: number) => Math.round(1e9 / (clockHz * ns));
console.log(`Node ${process.version}; calls in real time per core, best of ${rounds} turns`);
console.log("codec            best C    64 calls  ratio   one call  ratio");
for (const row of rows) {
  let [native, many, lone] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round += 1) {
    native = Math.min(native, peerNs(row));
    many = Math.min(many, wasmNs(row, callsAtOnce));
    lone = Math.min(lone, wasmNs(row, 1));
  }
  const cells = [callsPerCore(native), callsPerCore(many), (native / many).toFixed(2)];
  const last = [callsPerCore(lone), (native / lone).toFixed(2)];
  console.log(`${row.peer.padEnd(15)}${[...cells, ...last].map((cell) => `${cell}`.padStart(9)).join("")}`);
}
rmSync(folder, { recursive: true });
