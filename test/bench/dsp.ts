/**
 * The DSP core against Debian's libspandsp and libavcodec, on one core, the two taking turns over the same signals. To run it:
 *
 *     npm run bench:dsp [-- --json] [--rounds 5]
 *
 * Needs gcc, libspandsp-dev, libavcodec-dev. Prints calls in real time per core (all transposition and job tables
 * included), 64 calls at once and one alone, each figure the best slice of both sides; then what calls of two legs take, and
 * how many of their legs a core carries by the DSP alone.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { callCostUs, callKinds } from "../../firmware/cli/call-cost.js";
import { loadDsp } from "../../firmware/dsp/io/load-dsp.js";
import { hardSignal, randomBytes } from "../support/codec-signals.js";
import { bytesOf, newLaneCodec } from "../support/lane-codec.js";
import { seededRandom } from "../support/seeded-random.js";

const samples = 160;
const slicesEach = 8;
const callsAtOnce = 64;
const clockHz = 8000;
const callCostMs = 1000;

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "5" } },
});
const rounds = Number(values.rounds);

interface Row {
  /** What the C program is told: codec, variant, way. */
  readonly peer: readonly [codec: string, variant: string, way: string];
  readonly operation: string;
  readonly reset: string | null;
  readonly bytesIn: number;
}

const ways = ["encode", "decode"] as const;
const capital = { encode: "Encode", decode: "Decode" } as const;

const rows: readonly Row[] = [
  ...["ulaw", "alaw"].flatMap((law): Row[] => [
    { peer: ["g711", law, "encode"], operation: `${law}Encode`, reset: null, bytesIn: 2 },
    { peer: ["g711", law, "decode"], operation: `${law}Decode`, reset: null, bytesIn: 1 },
  ]),
  { peer: ["g711", "ulaw", "transcode"], operation: "ulawToAlaw", reset: null, bytesIn: 1 },
  { peer: ["g711", "alaw", "transcode"], operation: "alawToUlaw", reset: null, bytesIn: 1 },
  ...[16, 24, 32, 40].flatMap((rate) =>
    ways.map((way): Row => {
      const operation = `g726At${rate}${capital[way]}Linear`;
      return { peer: ["g726", `${rate}`, way], operation, reset: "g726Reset", bytesIn: way === "encode" ? 2 : 1 };
    }),
  ),
  { peer: ["g722", "64", "encode"], operation: "g722Encode", reset: "g722Reset", bytesIn: 4 },
  { peer: ["g722", "64", "decode"], operation: "g722DecodeAt64", reset: "g722Reset", bytesIn: 1 },
  { peer: ["dtmf", "-", "detect"], operation: "dtmfDetect", reset: null, bytesIn: 2 },
];

const codec = await newLaneCodec();
const random = seededRandom(1);
const sound = bytesOf(hardSignal(32_000, random));

/** Nanoseconds a sample of one call, in the least of some slices. */
function wasmNs(row: Row, calls: number): number {
  const everyCall = Array.from({ length: calls }, (_, call) => call);
  const jobs = everyCall.map((call) => ({
    call,
    input:
      row.bytesIn === 1 ? randomBytes(samples, random) : sound.subarray(call * 400, call * 400 + samples * row.bytesIn),
  }));
  if (row.reset === null) for (const call of everyCall) codec.fillRecord(call, new Uint8Array(codec.recordRoomBytes));
  else codec.reset(row.reset, everyCall);
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

interface Result {
  readonly name: string;
  readonly bestOfC: string;
  /** Nanoseconds a sample. */
  readonly nativeNs: number;
  readonly manyNs: number;
  readonly loneNs: number;
}

function peerOf(program: string, row: Row): { readonly library: string; readonly ns: number } {
  const answer: unknown = JSON.parse(execFileSync(program, row.peer, { input: sound, encoding: "utf8" }));
  if (typeof answer !== "object" || answer === null) throw new Error(`${row.peer.join(" ")}: no answer`);
  const libraries = Object.entries(answer).flatMap(([library, ns]) =>
    typeof ns === "number" ? [{ library, ns }] : [],
  );
  const [best] = libraries.sort((a, b) => a.ns - b.ns);
  if (best === undefined) throw new Error(`${row.peer.join(" ")}: neither library has it`);
  return best;
}

/** The two take turns, so that what else the box does meets both. */
function compared(program: string, row: Row): Result {
  let [nativeNs, manyNs, loneNs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let bestOfC = "";
  for (let round = 0; round < rounds; round += 1) {
    const { library, ns } = peerOf(program, row);
    if (ns < nativeNs) bestOfC = library;
    nativeNs = Math.min(nativeNs, ns);
    manyNs = Math.min(manyNs, wasmNs(row, callsAtOnce));
    loneNs = Math.min(loneNs, wasmNs(row, 1));
  }
  return { name: row.peer.join(" "), bestOfC, nativeNs, manyNs, loneNs };
}

const callsPerCore = (ns: number) => Math.round(1e9 / (clockHz * ns));

function print(results: readonly Result[], legs: readonly { readonly call: string; readonly legsPerCore: number }[]) {
  console.log(`Node ${process.version}; calls in real time per core, best of ${rounds} turns`);
  console.log("                     best C            64 calls  ratio one call  ratio");
  for (const { name, bestOfC, nativeNs, manyNs, loneNs } of results) {
    const numbers = [callsPerCore(manyNs), (nativeNs / manyNs).toFixed(2), callsPerCore(loneNs)];
    const cells = [...numbers, (nativeNs / loneNs).toFixed(2)].map((cell, at) =>
      `${cell}`.padStart(at % 2 === 0 ? 10 : 7),
    );
    console.log(`${name.padEnd(20)}${bestOfC.padEnd(8)}${`${callsPerCore(nativeNs)}`.padStart(8)}${cells.join("")}`);
  }
  console.log("\nlegs a core carries, by the DSP alone");
  for (const { call, legsPerCore } of legs) console.log(`${call.padEnd(30)}${`${legsPerCore}`.padStart(8)}`);
}

const folder = mkdtempSync(join(tmpdir(), "holdover-bench-"));
try {
  const program = join(folder, "codec-bench");
  const source = resolve("test/support/oracle/codec-bench.c");
  execFileSync("gcc", ["-O2", "-w", "-o", program, source, "-lspandsp", "-lavcodec", "-lavutil"]);
  const results = rows.map((row) => compared(program, row));
  const core = await loadDsp();
  const legs = callKinds.map((kind) => {
    const dspUs = callCostUs(core, kind, callCostMs);
    return { call: kind.name, dspUs, legsPerCore: Math.floor(2e6 / dspUs) };
  });
  if (values.json) console.log(JSON.stringify({ node: process.version, rounds, results, legs }));
  else print(results, legs);
} finally {
  rmSync(folder, { recursive: true });
}
