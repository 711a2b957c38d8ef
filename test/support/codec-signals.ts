/** Signals that take codecs to where they go wrong: noise of all levels, tones that switch, extremes, silence. */
import type { Random } from "../../firmware/protocol/chance.js";

/** i16 samples. Pieces of a few hundred samples each, of a kind and a level drawn from `random`. */
export function hardSignal(samples: number, random: Random): Int16Array {
  const signal = new Int16Array(samples);
  let level = 0;
  let kind = 0;
  let step = 0;
  let left = 0;
  for (let index = 0; index < samples; index += 1, left -= 1) {
    if (left <= 0) {
      left = 50 + Math.floor(random() * 900);
      level = 32_767 * 2 ** (-14 * random());
      kind = Math.floor(random() * 6);
      step = 3.2 * random() ** 2;
    }
    signal[index] = Math.round(level * shape(kind, step * index, random));
  }
  return signal;
}

/** -1 .. 1. */
function shape(kind: number, phase: number, random: Random): number {
  const noise = 2 * random() - 1;
  if (kind === 0) return noise;
  if (kind === 1) return Math.sin(phase);
  if (kind === 2) return Math.sign(Math.sin(phase));
  if (kind === 3) return 0.9 * Math.sin(phase) * Math.abs(Math.sin(phase / 40)) + 0.1 * noise;
  if (kind === 4) return random() < 0.02 ? noise : 0;
  return 1;
}

export function randomBytes(count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}
