/**
 * The DSP core as a library: its operations over a memory of its own, unshared, so that it runs where SharedArrayBuffer
 * is not to be had. It is not the media engine, which has its own memory and map (firmware/media/engine-memory.ts).
 *
 * A call's state is a record of a few hundred bytes in that memory, all zero when new; one operation runs over many
 * calls at once. Nothing grows after creation: a full memory is answered with null.
 *
 *   0 … constants | job tables | lane scratch | arena: records and frames, in blocks of 16 bytes
 */

/** What the wasm calls its functions: operation(jobs, count, samples). */
type Operation = (jobs: number, count: number, samples: number) => void;

/** One call's part of an operation: byte offsets in the memory, and what the operation says of its argument. */
export interface DspJob {
  readonly state: number;
  readonly source: number;
  readonly destination: number;
  readonly argument: number;
}

/** Room for records and frames if the maker does not say: 4 MiB, more than a thousand calls. */
const arenaOctetsDefault = 4_194_304;
/** 256 MiB: more is refused. */
export const arenaOctetsMax = 268_435_456;
/** The most samples of one job: 60 ms at 8000 Hz. */
export const samplesMax = 480;

const pageOctets = 65_536;
const blockOctets = 16;
const jobWords = 4;

export class DspCore {
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #buffer: ArrayBuffer;
  readonly #words: Uint32Array;
  readonly #jobTable: number;
  readonly #jobsMax: number;
  readonly #arenaEnd: number;
  readonly #free = new Map<number, number[]>();
  #next: number;

  /** Throws RangeError when arenaOctets is out of bounds, Error when the module is not ours. */
  constructor(module: WebAssembly.Module, arenaOctets: number = arenaOctetsDefault) {
    if (!Number.isInteger(arenaOctets) || arenaOctets < 1 || arenaOctets > arenaOctetsMax) {
      throw new RangeError(`arenaOctets is ${arenaOctets}: allowed are 1 to ${arenaOctetsMax}`);
    }
    this.#exports = new WebAssembly.Instance(module, {}).exports;
    this.#next = this.size("ioScratchOffset");
    this.#arenaEnd = this.#next + arenaOctets;
    const { memory } = this.#exports;
    if (!isMemory(memory)) throw new Error("the DSP module exports no memory");
    const missingOctets = this.#arenaEnd - memory.buffer.byteLength;
    if (missingOctets > 0) memory.grow(Math.ceil(missingOctets / pageOctets));
    this.#buffer = memory.buffer;
    this.#words = new Uint32Array(this.#buffer);
    this.#jobTable = this.size("jobTablesOffset");
    this.#jobsMax = Math.floor((this.size("jobTableBytes") * this.size("jobTablesMax")) / this.size("jobBytes"));
  }

  /** A number that the wasm exports: dtmfDetectorBytes and the like. Throws when there is none of this name. */
  size(name: string): number {
    const exported = this.#exports[name];
    const value: unknown = exported instanceof WebAssembly.Global ? exported.value : undefined;
    if (typeof value !== "number") throw new Error(`the DSP module exports no number ${name}`);
    return value;
  }

  /** Offset of so many bytes, all zero, on a 16-byte boundary; null when the memory is full. */
  allocate(octets: number): number | null {
    const blocks = roundUp(octets);
    const offset = this.#free.get(blocks)?.pop() ?? this.#takeNew(blocks);
    if (offset !== null) this.bytes(offset, blocks).fill(0);
    return offset;
  }

  /** Gives back what allocate gave, with the same number of octets; it may be given to the next. */
  release(offset: number, octets: number): void {
    const blocks = roundUp(octets);
    const free = this.#free.get(blocks);
    if (free === undefined) this.#free.set(blocks, [offset]);
    else free.push(offset);
  }

  /**
   * Runs one operation over all jobs, so many samples each. Throws RangeError for what would reach outside the
   * memory by its name, count or samples; the offsets of the jobs are the caller's to have from allocate.
   */
  run(name: string, jobs: readonly DspJob[], samples: number): void {
    if (samples % 8 !== 0 || samples < 8 || samples > samplesMax) {
      throw new RangeError(`${samples} samples: a multiple of 8 up to ${samplesMax} is processed at once`);
    }
    if (jobs.length > this.#jobsMax) throw new RangeError(`${jobs.length} jobs: the table holds ${this.#jobsMax}`);
    const operation = this.#exports[name];
    if (!isOperation(operation)) throw new RangeError(`the DSP core has no operation ${name}`);
    let word = this.#jobTable / 4;
    for (const job of jobs) {
      this.#words[word] = job.state;
      this.#words[word + 1] = job.source;
      this.#words[word + 2] = job.destination;
      this.#words[word + 3] = job.argument;
      word += jobWords;
    }
    operation(this.#jobTable, jobs.length, samples);
  }

  bytes(offset: number, octets: number): Uint8Array {
    return new Uint8Array(this.#buffer, offset, octets);
  }

  /** offset is even. */
  samples(offset: number, count: number): Int16Array {
    return new Int16Array(this.#buffer, offset, count);
  }

  view(offset: number, octets: number): DataView {
    return new DataView(this.#buffer, offset, octets);
  }

  #takeNew(octets: number): number | null {
    if (this.#next + octets > this.#arenaEnd) return null;
    const offset = this.#next;
    this.#next += octets;
    return offset;
  }
}

function roundUp(octets: number): number {
  return Math.ceil(octets / blockOctets) * blockOctets;
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "function";
}

/** TypeScript's declarations know only the engine's shared memory; this one is not. */
function isMemory(value: unknown): value is { readonly buffer: ArrayBuffer; grow(pages: number): number } {
  return value instanceof WebAssembly.Memory;
}
