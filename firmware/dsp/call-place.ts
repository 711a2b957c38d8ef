/**
 * One call's place in the core's memory: its record, a frame for what goes in and one for what comes out. What is the same
 * in all classes of the library is here: all is allocated or nothing, nothing longer than its frame is taken, and it is
 * given back as a whole.
 */
import type { DspCore, DspJob } from "./dsp-core.js";

export interface PlaceSizes {
  readonly recordOctets: number;
  readonly sourceOctets: number;
  readonly destinationOctets: number;
}

export class CallPlace {
  readonly #core: DspCore;
  readonly #sizes: PlaceSizes;
  readonly #record: number;
  readonly #source: number;
  readonly #destination: number;

  private constructor(core: DspCore, sizes: PlaceSizes, offsets: readonly [number, number, number]) {
    this.#core = core;
    this.#sizes = sizes;
    [this.#record, this.#source, this.#destination] = offsets;
  }

  /** All zero; null when the memory is full. */
  static create(core: DspCore, sizes: PlaceSizes): CallPlace | null {
    const { recordOctets, sourceOctets, destinationOctets } = sizes;
    const record = core.allocate(recordOctets);
    const source = core.allocate(sourceOctets);
    const destination = core.allocate(destinationOctets);
    if (record !== null && source !== null && destination !== null) {
      return new CallPlace(core, sizes, [record, source, destination]);
    }
    if (record !== null) core.release(record, recordOctets);
    if (source !== null) core.release(source, sourceOctets);
    if (destination !== null) core.release(destination, destinationOctets);
    return null;
  }

  /** Throws RangeError when they are more than the frame holds. */
  put(samples: Int16Array): void {
    this.#check(samples.byteLength, this.#sizes.sourceOctets, "taken");
    this.#core.samples(this.#source, samples.length).set(samples);
  }

  /** The same for octets. */
  putOctets(octets: Uint8Array): void {
    this.#check(octets.length, this.#sizes.sourceOctets, "taken");
    this.#core.bytes(this.#source, octets.length).set(octets);
  }

  /** A job of this call alone; for running many calls together, gather those of all places. */
  job(argument = 0): DspJob {
    return { state: this.#record, source: this.#source, destination: this.#destination, argument };
  }

  run(operation: string, samples: number, argument = 0): void {
    this.#core.run(operation, [this.job(argument)], samples);
  }

  /** What came out: a view, valid until the next run. */
  samples(count: number): Int16Array {
    this.#check(2 * count, this.#sizes.destinationOctets, "given");
    return this.#core.samples(this.#destination, count);
  }

  octets(count: number): Uint8Array {
    this.#check(count, this.#sizes.destinationOctets, "given");
    return this.#core.bytes(this.#destination, count);
  }

  /** Of what came out, for numbers in it. */
  get answer(): DataView {
    return this.#core.view(this.#destination, this.#sizes.destinationOctets);
  }

  get record(): DataView {
    return this.#core.view(this.#record, this.#sizes.recordOctets);
  }

  /** A record that is all zero is that of a new call, but for codecs. */
  clearRecord(): void {
    this.#core.bytes(this.#record, this.#sizes.recordOctets).fill(0);
  }

  release(): void {
    this.#core.release(this.#record, this.#sizes.recordOctets);
    this.#core.release(this.#source, this.#sizes.sourceOctets);
    this.#core.release(this.#destination, this.#sizes.destinationOctets);
  }

  #check(octets: number, octetsMax: number, what: "taken" | "given"): void {
    if (octets > octetsMax) throw new RangeError(`${octets} octets: at most ${octetsMax} are ${what} at once`);
  }
}
