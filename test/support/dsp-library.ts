import type { DspCore } from "../../firmware/dsp/dsp-core.js";
import { loadDsp } from "../../firmware/dsp/io/load-dsp.js";

const core: Promise<DspCore> = loadDsp(16_777_216);

/** The library that is shipped, one core for all tests of a worker: what a test allocates is its own. */
export function dspLibrary(): Promise<DspCore> {
  return core;
}
