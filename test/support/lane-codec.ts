/** The wasm's lane codecs as tests use them: several calls, each with a state record of its own, one operation at a time. */
import { compileDsp, createDspMemory } from "../../firmware/io/dsp-module.js";

type Exports = Readonly<Record<string, unknown>>;
type Operation = (jobs: number, count: number, samples: number) => void;

/** What one call is given in one tick. */
export interface LaneJob {
  readonly call: number;
  readonly input: Uint8Array;
}

/** Room for each call: its record, then a canary up to the next. */
const recordRoomBytes = 512;
/** Least room of a frame; no power of two, or the frames of all calls would compete for the same lines of a cache. */
const frameRoomBytes = 2112;
const canary = 0xa5;

function isOperation(value: unknown): value is Operation {
  return typeof value === "function";
}

export class LaneCodec {
  readonly #exports: Exports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly callsMax = 64;
  readonly recordRoomBytes = recordRoomBytes;

  constructor(exports: Exports, buffer: SharedArrayBuffer) {
    this.#exports = exports;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#bytes.fill(canary, this.#record(0), this.#record(this.callsMax));
  }

  number(name: string): number {
    const exported = this.#exports[name];
    if (!(exported instanceof WebAssembly.Global)) throw new Error(`dsp.wasm exports no number ${name}`);
    return Number(exported.value);
  }

  #operation(name: string): Operation {
    const exported = this.#exports[name];
    if (!isOperation(exported)) throw new Error(`dsp.wasm exports no operation ${name}`);
    return exported;
  }

  #record(call: number): number {
    return this.number("legsOffset") + call * recordRoomBytes;
  }

  /** The bytes of a call's state, and those of the canary behind it. */
  record(call: number, stateBytes: number): { readonly state: Uint8Array; readonly canaryWhole: boolean } {
    const at = this.#record(call);
    const behind = this.#bytes.slice(at + stateBytes, at + recordRoomBytes);
    return { state: this.#bytes.slice(at, at + stateBytes), canaryWhole: behind.every((byte) => byte === canary) };
  }

  fillRecord(call: number, state: Uint8Array): void {
    this.#bytes.set(state, this.#record(call));
  }

  /** One call of the operation over all jobs; each job's output, so many bytes long, in the jobs' order. */
  run(name: string, jobs: readonly LaneJob[], samples: number, outputBytes: number, argument = 0): Uint8Array[] {
    const table = this.number("jobTablesOffset");
    const frames = this.#record(this.callsMax);
    const longest = jobs.reduce((most, { input }) => Math.max(most, input.length), outputBytes);
    const room = Math.max(frameRoomBytes, Math.ceil(longest / 64) * 64);
    jobs.forEach(({ call, input }, index) => {
      const source = frames + 2 * index * room;
      this.#bytes.set(input, source);
      this.#words.set([this.#record(call), source, source + room, argument], table / 4 + 4 * index);
    });
    this.#operation(name)(table, jobs.length, samples);
    return jobs.map((_, index) => {
      const at = frames + (2 * index + 1) * room;
      return this.#bytes.slice(at, at + outputBytes);
    });
  }

  /** The operation over the table that run() wrote last, without the copies before and after it: what a bench measures. */
  prepared(name: string, count: number, samples: number): () => void {
    const table = this.number("jobTablesOffset");
    const operation = this.#operation(name);
    return () => operation(table, count, samples);
  }

  reset(name: string, calls: readonly number[]): void {
    this.run(
      name,
      calls.map((call) => ({ call, input: new Uint8Array(0) })),
      0,
      0,
    );
  }
}

/** Over a memory of its own. */
export async function newLaneCodec(): Promise<LaneCodec> {
  const memory = createDspMemory();
  const { exports } = new WebAssembly.Instance(await compileDsp(), { env: { memory } });
  if (!(memory.buffer instanceof SharedArrayBuffer)) throw new Error("the memory of the wasm is shared");
  return new LaneCodec(exports, memory.buffer);
}

export function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice();
}

export function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.slice().buffer);
}
