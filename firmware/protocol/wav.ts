/**
 * WAV files of one channel at 8000 Hz, bytes <-> samples: what a telephone plays and records, and the demo judges.
 * Not a general audio reader: other rates and channel counts are refused, with the reason.
 *
 * RIFF, little endian (Multimedia Programming Interface and Data Specifications 1.0, "WAVE"):
 *
 *   "RIFF" u32 size "WAVE" { id u8[4], u32 size, u8[size], pad to even }…
 *   "fmt " u16 format (1 PCM, 6 A-law, 7 µ-law), u16 channels, u32 rate, u32 octets/s, u16 block, u16 bits, …
 *   "data" samples
 */

import { aLawToLinear, muLawToLinear } from "./g711-table.js";
import { type ParseResult, parsed, refused } from "./parse-result.js";

export const sampleRateHz = 8000;
/** Eleven minutes of 16-bit samples: a file above it is refused. */
export const wavOctetsMax = 10_485_760;
/** A file with more chunks than this before its samples is not one of ours to read. */
const chunksMax = 64;

const formatPcm = 1;
const formatALaw = 6;
const formatMuLaw = 7;
const headerOctets = 44;

/** Linear 16-bit samples of the file's one channel. A data chunk longer than the file is read as far as it goes. */
export function readWav(bytes: Uint8Array): ParseResult<Int16Array> {
  if (bytes.length > wavOctetsMax) return refused(`larger than ${wavOctetsMax} octets`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || chunkId(view, 0) !== "RIFF" || chunkId(view, 8) !== "WAVE") return refused("not a WAV file");
  let format: WavFormat | null = null;
  let offset = 12;
  for (let chunks = 0; chunks < chunksMax && offset + 8 <= bytes.length; chunks += 1) {
    const id = chunkId(view, offset);
    const size = view.getUint32(offset + 4, true);
    const start = offset + 8;
    const end = Math.min(start + size, bytes.length);
    if (id === "fmt ") {
      if (end - start < 16) return refused("its fmt chunk is short");
      format = { tag: view.getUint16(start, true), bits: view.getUint16(start + 14, true) };
      const channels = view.getUint16(start + 2, true);
      const rateHz = view.getUint32(start + 4, true);
      if (channels !== 1) return refused(`it has ${channels} channels, not 1`);
      if (rateHz !== sampleRateHz) return refused(`its rate is ${rateHz} Hz, not ${sampleRateHz}`);
    } else if (id === "data") {
      if (format === null) return refused("its data comes before its fmt chunk");
      return readSamples(view, start, end, format);
    }
    offset = start + size + (size & 1);
  }
  return refused("it has no data chunk");
}

interface WavFormat {
  readonly tag: number;
  readonly bits: number;
}

function readSamples(view: DataView, start: number, end: number, format: WavFormat): ParseResult<Int16Array> {
  if (format.tag === formatPcm && format.bits === 16) {
    const samples = new Int16Array((end - start) >> 1);
    for (let index = 0; index < samples.length; index += 1) samples[index] = view.getInt16(start + 2 * index, true);
    return parsed(samples);
  }
  if ((format.tag === formatALaw || format.tag === formatMuLaw) && format.bits === 8) {
    const toLinear = format.tag === formatALaw ? aLawToLinear : muLawToLinear;
    const samples = new Int16Array(end - start);
    for (let index = 0; index < samples.length; index += 1) samples[index] = toLinear(view.getUint8(start + index));
    return parsed(samples);
  }
  return refused(`its format ${format.tag} with ${format.bits} bits is neither 16-bit PCM nor 8-bit A-law or µ-law`);
}

/**
 * The header of a 16-bit PCM file with so many samples. Null while it is still being recorded: the sizes then say "as far
 * as the file goes" (0xFFFFFFFF), which readWav and sox understand, so that a recording cut off by a crash is still heard.
 */
export function wavHeader(samples: number | null): Uint8Array {
  const bytes = new Uint8Array(headerOctets);
  const view = new DataView(bytes.buffer);
  const dataOctets = samples === null ? 0xffff_ffff : 2 * samples;
  writeChunkId(bytes, 0, "RIFF");
  view.setUint32(4, samples === null ? 0xffff_ffff : headerOctets - 8 + dataOctets, true);
  writeChunkId(bytes, 8, "WAVE");
  writeChunkId(bytes, 12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, formatPcm, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, 2 * sampleRateHz, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeChunkId(bytes, 36, "data");
  view.setUint32(40, dataOctets, true);
  return bytes;
}

/** Samples as they stand in a data chunk. */
export function wavSamples(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(2 * samples.length);
  const view = new DataView(bytes.buffer);
  for (const [index, sample] of samples.entries()) view.setInt16(2 * index, sample, true);
  return bytes;
}

export function writeWav(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(headerOctets + 2 * samples.length);
  bytes.set(wavHeader(samples.length));
  bytes.set(wavSamples(samples), headerOctets);
  return bytes;
}

function chunkId(view: DataView, offset: number): string {
  return String.fromCharCode(
    view.getUint8(offset),
    view.getUint8(offset + 1),
    view.getUint8(offset + 2),
    view.getUint8(offset + 3),
  );
}

function writeChunkId(bytes: Uint8Array, offset: number, id: string): void {
  for (let index = 0; index < 4; index += 1) bytes[offset + index] = id.charCodeAt(index);
}
