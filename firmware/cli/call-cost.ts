/**
 * What the DSP takes for a call of each kind on this box: the operations that a gateway runs for both directions, over 64
 * calls at once in frames of 10 ms, as its wheel does. Measured by CPU time, in slices; the median slice counts.
 */
import type { DspCore, DspJob } from "../dsp/dsp-core.js";

export interface CallKind {
  readonly name: string;
  /** Both directions, one after the other. */
  readonly operations: readonly string[];
}

/** G.711 in both laws is what every gateway does: the base that packet costs are measured with. */
export const plainCall: CallKind = {
  name: "G.711 - G.711, other law",
  operations: ["ulawDecode", "alawEncode", "alawDecode", "ulawEncode"],
};

export const callKinds: readonly CallKind[] = [
  plainCall,
  {
    name: "G.711 - G.711, digits heard",
    operations: ["ulawDecode", "dtmfDetect", "alawEncode", "alawDecode", "dtmfDetect", "ulawEncode"],
  },
  {
    name: "G.711 - G.722",
    operations: ["ulawDecode", "resampleUp", "g722Encode", "g722DecodeAt64", "resampleDown", "ulawEncode"],
  },
  {
    name: "G.711 - G.726 at 32 kbit/s",
    operations: ["ulawDecode", "g726At32EncodeLinear", "g726At32DecodeLinear", "ulawEncode"],
  },
];

const calls = 64;
const frameSamples = 80;
const framesPerSecond = 100;
/** Two bytes a sample at 16 kHz. */
const frameBytes = 4 * frameSamples;
const framesASlice = 20;

const stateSizes: readonly (readonly [beginning: string, size: string])[] = [
  ["dtmfDetect", "dtmfDetectorBytes"],
  ["resample", "resamplerBytes"],
  ["g722", "g722StateBytes"],
  ["g726", "g726StateBytes"],
];

/** CPU microseconds for one second of one call. Takes about `forMs`. Throws Error when the core's memory is full. */
export function callCostUs(core: DspCore, kind: CallKind, forMs: number): number {
  const tables = kind.operations.map((operation) => ({ operation, jobs: jobsOf(core, operation) }));
  const frame = () => {
    for (const { operation, jobs } of tables) core.run(operation, jobs, frameSamples);
  };
  const slicesUs: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs || slicesUs.length < 3) {
    const begun = process.cpuUsage();
    for (let turn = 0; turn < framesASlice; turn += 1) frame();
    const { user, system } = process.cpuUsage(begun);
    slicesUs.push(((user + system) / (framesASlice * calls)) * framesPerSecond);
  }
  return slicesUs.sort((a, b) => a - b)[Math.floor(slicesUs.length / 2)] ?? Number.NaN;
}

/** Frames hold a steady sound: kernels take the same time for any. */
function jobsOf(core: DspCore, operation: string): DspJob[] {
  const size = stateSizes.find(([beginning]) => operation.startsWith(beginning))?.[1];
  const stateBytes = size === undefined ? 16 : core.size(size);
  const jobs = Array.from({ length: calls }, (_, call): DspJob => {
    const source = allocated(core, frameBytes);
    core.samples(source, frameBytes / 2).forEach((_, at, samples) => {
      samples[at] = 8000 * Math.sin(at * (0.1 + call / 100));
    });
    return { state: allocated(core, stateBytes), source, destination: allocated(core, frameBytes), argument: 0 };
  });
  const reset = operation.startsWith("g722") ? "g722Reset" : operation.startsWith("g726") ? "g726Reset" : null;
  if (reset !== null) core.run(reset, jobs, frameSamples);
  return jobs;
}

function allocated(core: DspCore, octets: number): number {
  const offset = core.allocate(octets);
  if (offset === null) throw new Error("the DSP core's memory is full");
  return offset;
}
