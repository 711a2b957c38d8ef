/**
 * The DSP module: found beside this program, compiled once, instantiated over the engine's memory by each thread that
 * needs its operations or only its map.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type DspOperations, EngineMemory, type Operation, readMemoryMap } from "../media/engine-memory.js";

/** 64 MiB, as asconfig.json has it. */
const memoryPages = 1024;

/** dist/firmware/io is where this runs; from the source tree, as tests do, the built wasm is in dist all the same. */
const places = [
  new URL("../../dsp-wasm/dsp.wasm", import.meta.url),
  new URL("../../dist/dsp-wasm/dsp.wasm", import.meta.url),
];

/** Throws when the wasm was not built or is not ours. */
export async function compileDsp(): Promise<WebAssembly.Module> {
  for (const place of places) {
    const bytes = await readFile(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (bytes !== null) return new WebAssembly.Module(bytes);
  }
  throw new Error(`${places.map((place) => fileURLToPath(place)).join(" and ")} are missing: run npm run build`);
}

export function createDspMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages, shared: true });
}

export interface Dsp {
  readonly memory: EngineMemory;
  readonly operations: DspOperations;
}

export function instantiateDsp(module: WebAssembly.Module, memory: WebAssembly.Memory): Dsp {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const map = readMemoryMap((name) => {
    const exported = exports[name];
    if (!(exported instanceof WebAssembly.Global) || typeof exported.value !== "number") {
      throw new Error(`dsp.wasm exports no number ${name}`);
    }
    return exported.value;
  });
  return {
    memory: new EngineMemory(memory.buffer, map),
    operations: (name) => {
      const exported = exports[name];
      if (!isOperation(exported)) throw new Error(`dsp.wasm exports no operation ${name}`);
      return exported;
    },
  };
}

/** A function of the wasm takes what numbers it is given; its name says which. */
function isOperation(value: unknown): value is Operation {
  return typeof value === "function";
}
