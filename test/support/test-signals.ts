import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { amplitudeOf0Dbm0 } from "../../firmware/dsp/tone-generator.js";
import type { Random } from "../../firmware/protocol/chance.js";
import { readWav } from "../../firmware/protocol/wav.js";

/** Made here and not by the core: what a test measures must not be measured by itself. */
export interface TestTone {
  readonly hz: number;
  readonly dbm0: number;
}

export function toneSignal(tones: readonly TestTone[], samples: number, rateHz = 8000, startPhase = 0): Float64Array {
  return Float64Array.from({ length: samples }, (_, at) =>
    tones.reduce((sum, { hz, dbm0 }, index) => {
      const phase = (2 * Math.PI * hz * at) / rateHz + startPhase * (index + 1);
      return sum + amplitudeOf0Dbm0 * 10 ** (dbm0 / 20) * Math.sin(phase);
    }, 0),
  );
}

/** White Gaussian noise (Box and Muller) of this level. */
export function noiseSignal(random: Random, dbm0: number, samples: number): Float64Array {
  const deviation = (amplitudeOf0Dbm0 * 10 ** (dbm0 / 20)) / Math.SQRT2;
  return Float64Array.from(
    { length: samples },
    () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

export function toSamples(signal: Float64Array): Int16Array {
  return Int16Array.from(signal, (value) => Math.round(Math.min(32767, Math.max(-32768, value))));
}

export function speech(station: "a" | "b"): Int16Array {
  const path = fileURLToPath(new URL(`../../host/cli/demo/speech/station-${station}.wav`, import.meta.url));
  const read = readWav(readFileSync(path));
  if (!read.ok) throw new Error(read.reason);
  return read.value;
}

/** Level of a stretch in dBm0. */
export function levelDbm0(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 1) sum += (samples[at] ?? 0) ** 2;
  return 10 * Math.log10((2 * sum) / samples.length / amplitudeOf0Dbm0 ** 2 + 1e-12);
}

/** Of one frequency, over the whole stretch under a Hann window, in dBm0. */
export function toneDbm0(samples: ArrayLike<number>, hz: number, rateHz = 8000): number {
  let re = 0;
  let im = 0;
  let weights = 0;
  for (let at = 0; at < samples.length; at += 1) {
    const weight = 1 - Math.cos((2 * Math.PI * (at + 0.5)) / samples.length);
    const phase = (2 * Math.PI * hz * at) / rateHz;
    re += weight * (samples[at] ?? 0) * Math.cos(phase);
    im += weight * (samples[at] ?? 0) * Math.sin(phase);
    weights += weight;
  }
  return 20 * Math.log10((2 * Math.hypot(re, im)) / weights / amplitudeOf0Dbm0 + 1e-12);
}
