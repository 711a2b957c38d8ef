import { compileDsp, createDspMemory, type Dsp, instantiateDsp } from "../../firmware/io/dsp-module.js";

/** The built wasm over a memory of its own. */
export async function newDsp(): Promise<Dsp> {
  return instantiateDsp(await compileDsp(), createDspMemory());
}
