/**
 * Cost of each line function of the DSP core: 256 calls in one job table, frames of 10 ms, noise at -20 dBm0; the best of
 * ten rounds, in microseconds for 10 ms of one call. To run it:
 *
 *     npm run build && npx tsc -p tsconfig.json --noEmit false
 *     node dist/test/bench/line-functions.js
 */
import type { DspCore } from "../../firmware/dsp/dsp-core.js";
import { loadDsp } from "../../firmware/dsp/io/load-dsp.js";

const calls = 256;
const samples = 80;
const rounds = 10;
const ticksPerRound = 50;

const functions: readonly (readonly [operation: string, record: string | null, argument: number])[] = [
  ["dtmfDetect", "dtmfDetectorBytes", 0],
  ["faxToneDetect", "faxDetectorBytes", 0],
  ["toneGenerate", "toneGeneratorBytes", 0],
  ["lossConceal", "lossConcealerBytes", 0],
  ["levelMeasure", "levelMeterBytes", 0],
  ["gainApply", null, 8192],
  ["automaticGainApply", "automaticGainBytes", 3000],
  ["resampleUp", "resamplerBytes", 0],
  ["resampleDown", "resamplerBytes", 0],
  ["voiceActivityDetect", "voiceActivityBytes", 0],
  ["comfortNoiseDescribe", "noiseDescriberBytes", 10],
  ["comfortNoiseMake", "noiseMakerBytes", 0],
];

function allocated(core: DspCore, octets: number): number {
  const offset = core.allocate(octets);
  if (offset === null) throw new Error("the memory is full");
  return offset;
}

/** 350 Hz for ever, in the record that dsp-wasm/tone-generator.ts draws. */
function startTone(state: number): void {
  const record = core.view(state, core.size("toneGeneratorBytes"));
  const step = core.size("toneStepsOffset");
  record.setUint32(0, 1, true);
  record.setUint32(step + 4, Math.round((350 / 8000) * 2 ** 32), true);
  record.setFloat32(step + 20, 8000, true);
}

const core = await loadDsp(16_777_216);
for (const [operation, record, argument] of functions) {
  const stateBytes = record === null ? 16 : core.size(record);
  const jobs = Array.from({ length: calls }, () => {
    const job = {
      state: allocated(core, stateBytes),
      source: allocated(core, 640),
      destination: allocated(core, 640),
      argument,
    };
    core.samples(job.source, 320).forEach((_, at, all) => {
      all[at] = (Math.imul(at * 7919 + job.source, 2654435761) >> 19) / 2;
    });
    if (operation === "toneGenerate") startTone(job.state);
    return job;
  });
  let bestUs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    for (let tick = 0; tick < ticksPerRound; tick += 1) core.run(operation, jobs, samples);
    bestUs = Math.min(bestUs, ((performance.now() - startedMs) * 1000) / ticksPerRound / calls);
  }
  const channels = Math.round(10_000 / bestUs);
  console.log(
    `${operation.padEnd(22)} ${String(stateBytes).padStart(5)} bytes ${bestUs.toFixed(3)} µs ${channels} calls a core`,
  );
}
