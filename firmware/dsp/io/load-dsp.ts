/** Finds the library's wasm beside this program, in Node by its file, in a browser by fetching it. */
import { DspCore } from "../dsp-core.js";

/** dist/firmware/dsp/io is where this runs; from the source tree, as tests do, the built wasm is in dist all the same. */
const places = [
  new URL("../../../dsp-wasm/dsp-library.wasm", import.meta.url),
  new URL("../../../dist/dsp-wasm/dsp-library.wasm", import.meta.url),
];

/** A DSP core with a memory of its own; arenaOctets is the room for records and frames. Throws when the wasm is not found. */
export async function loadDsp(arenaOctets?: number): Promise<DspCore> {
  for (const place of places) {
    const bytes = place.protocol === "file:" ? await readBeside(place) : await fetchFrom(place);
    if (bytes !== null) return new DspCore(await WebAssembly.compile(bytes), arenaOctets);
  }
  throw new Error("dsp-library.wasm is not beside holdover/dsp: was it built (npm run build)?");
}

async function readBeside(place: URL): Promise<Uint8Array | null> {
  const { readFile } = await import("node:fs/promises");
  return readFile(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

async function fetchFrom(place: URL): Promise<Uint8Array | null> {
  const response = await fetch(place);
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}
