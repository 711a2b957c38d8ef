import type { DspCore } from "../../firmware/dsp/dsp-core.js";

/** An offset, or the end of the test. */
export function allocated(core: DspCore, octets: number): number {
  const offset = core.allocate(octets);
  if (offset === null) throw new Error("the memory is full");
  return offset;
}

export interface Run {
  readonly operation: string;
  readonly stateBytes: number;
  readonly argument: number;
  /** Samples taken and given for each that the operation counts: 2 where the rate is double. */
  readonly taken: number;
  readonly given: number;
}

/** One operation of one call over a whole signal, in frames of these lengths, again and again. */
export function processed(core: DspCore, run: Run, input: Int16Array, frames: readonly number[]): Int16Array {
  const state = allocated(core, run.stateBytes);
  const source = allocated(core, 1920);
  const destination = allocated(core, 1920);
  const output = new Int16Array((input.length / run.taken) * run.given);
  let done = 0;
  for (let index = 0; done * run.taken < input.length; index += 1) {
    const samples = Math.min(frames[index % frames.length] ?? 80, input.length / run.taken - done);
    const from = input.subarray(done * run.taken, (done + samples) * run.taken);
    core.samples(source, from.length).set(from);
    core.run(run.operation, [{ state, source, destination, argument: run.argument }], samples);
    output.set(core.samples(destination, samples * run.given), done * run.given);
    done += samples;
  }
  core.release(state, run.stateBytes);
  core.release(source, 1920);
  core.release(destination, 1920);
  return output;
}
