/**
 * G.711 straight from the Recommendation's tables 1a to 2b, without any cleverness: the decision values and the quantised
 * values are written down as the tables list them, segment by segment, and a sample is looked up between them.
 */

interface Level {
  /** The smallest magnitude that is coded so. */
  readonly from: number;
  /** The magnitude that the decoder gives for it. */
  readonly value: number;
}

/** Table 1a: eight segments of sixteen steps; steps of 2, 2, 4, 8 … 128 in units of the 13-bit scale 0 .. 4096. */
function alawLevels(): Level[] {
  const levels: Level[] = [];
  let from = 0;
  for (let segment = 0; segment < 8; segment += 1) {
    const step = segment === 0 ? 2 : 2 ** segment;
    for (let count = 0; count < 16; count += 1) {
      levels.push({ from, value: from + step / 2 });
      from += step;
    }
  }
  return levels;
}

/** Table 2a: the first step is 1 and its value 0, then 15 steps of 2, then seven segments of 16 steps of 4, 8 … 256. */
function ulawLevels(): Level[] {
  const levels: Level[] = [{ from: 0, value: 0 }];
  let from = 1;
  for (let segment = 0; segment < 8; segment += 1) {
    const step = 2 ** (segment + 1);
    for (let count = segment === 0 ? 1 : 0; count < 16; count += 1) {
      levels.push({ from, value: from + step / 2 });
      from += step;
    }
  }
  return levels;
}

const alaw = alawLevels();
const ulaw = ulawLevels();

function levelOf(levels: readonly Level[], magnitude: number): number {
  return levels.findLastIndex((level) => level.from <= magnitude);
}

/**
 * A-law magnitudes are on a scale of 4096 (16-bit samples over 8), µ-law's on 8159 (over 4). Where the scale of the samples
 * is finer than the tables', a negative sample is one's-complemented before it is scaled.
 */
export const reference = {
  alawEncode(sample: number): number {
    const magnitude = 2 * ((sample < 0 ? ~sample : sample) >> 4);
    return ((sample < 0 ? 0 : 0x80) | levelOf(alaw, magnitude)) ^ 0x55;
  },
  alawDecode(code: number): number {
    const bits = code ^ 0x55;
    const magnitude = 8 * (alaw[bits & 0x7f]?.value ?? Number.NaN);
    return (bits & 0x80) !== 0 ? magnitude : -magnitude;
  },
  ulawEncode(sample: number): number {
    const magnitude = (sample < 0 ? ~sample : sample) >> 2;
    return (sample < 0 ? 0 : 0x80) | (0x7f - levelOf(ulaw, magnitude));
  },
  ulawDecode(code: number): number {
    const magnitude = 4 * (ulaw[0x7f - (code & 0x7f)]?.value ?? Number.NaN);
    return (code & 0x80) !== 0 || magnitude === 0 ? magnitude : -magnitude;
  },
};
