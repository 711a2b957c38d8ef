/**
 * WAV files for listening to what loss does and what is made of it, in the folder that is named, `listen` if none is:
 *
 *     npm run bench:listen [folder]
 *
 * A station's speech at 10 % random loss of packets of 20 ms, by codec, all at 8000 Hz: as it was said, with silence for what was lost, and
 * concealed. What it prints are the same files in figures: level against what was said, and the largest level of the
 * third difference, where clicks are.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readWav, writeWav } from "#protocol/wav.js";
import { loadDsp } from "../../firmware/dsp/io/load-dsp.js";
import { LossConcealer } from "../../firmware/dsp/loss-concealer.js";
import { Resampler } from "../../firmware/dsp/resampler.js";
import { VoiceCodec } from "../../firmware/dsp/voice-codec.js";
import { seededRandom } from "../support/seeded-random.js";
import { levelDbm0 } from "../support/test-signals.js";

const folder = process.argv[2] ?? "listen";
const codecs = ["PCMA", "G722", "G726-32"];
const lostShare = 0.1;
const packetMs = 20;
const core = await loadDsp();

/** From the project's folder, where npm runs scripts. */
function voiceOf(file: string): Int16Array {
  const read = readWav(readFileSync(file));
  if (!read.ok) throw new Error(`${file}: ${read.reason}`);
  return read.value.subarray(0, read.value.length - (read.value.length % 160));
}

function made<One>(one: One | null): One {
  if (one === null) throw new Error("the memory is full");
  return one;
}

function resampled(samples: Int16Array, direction: "8 to 16 kHz" | "16 to 8 kHz"): Int16Array {
  const resampler = made(Resampler.create(core, 160, direction));
  const frames: number[] = [];
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    frames.push(...resampler.process(samples.subarray(at, at + 160)));
  }
  resampler.release();
  return Int16Array.from(frames);
}

/** The voice through the codec, at its rate; conceals: else silence stands for what was lost. */
function heard(name: string, voice: Int16Array, conceals: boolean): Int16Array {
  const codec = made(VoiceCodec.create(core, name));
  const rateHz = codec.codec.pcmRateHz;
  const samples = (rateHz * packetMs) / 1000;
  const concealer = made(LossConcealer.create(core, samples, rateHz));
  const random = seededRandom(4);
  const played = new Int16Array(voice.length);
  for (let at = 0; at + samples <= voice.length; at += samples) {
    const octets = codec.encode(voice.subarray(at, at + samples));
    const frame = random() < lostShare ? null : codec.decode(octets);
    if (conceals) played.set(concealer.process(frame), at);
    else if (frame !== null) played.set(frame, at);
  }
  codec.release();
  concealer.release();
  return played;
}

/** Of the steepest 10 ms. */
function crackleDbm0(samples: Int16Array): number {
  const at = (index: number): number => samples[index] ?? 0;
  const steps = Float64Array.from(
    samples,
    (_, index) => (at(index) - 3 * at(index - 1) + 3 * at(index - 2) - at(index - 3)) / 8,
  );
  let most = Number.NEGATIVE_INFINITY;
  for (let first = 80; first + 80 <= steps.length; first += 80)
    most = Math.max(most, levelDbm0(steps.subarray(first, first + 80)));
  return most;
}

mkdirSync(folder, { recursive: true });
const narrow = voiceOf("host/cli/demo/speech/station-a.wav");
const wide = resampled(narrow, "8 to 16 kHz");
for (const name of codecs) {
  const isWide = name === "G722";
  const voice = isWide ? wide : narrow;
  const versions = { said: voice, silence: heard(name, voice, false), concealed: heard(name, voice, true) };
  for (const [version, samples] of Object.entries(versions)) {
    const file = join(folder, `${name.toLowerCase()}-${version}.wav`);
    const narrowed = isWide ? resampled(samples, "16 to 8 kHz") : samples;
    writeFileSync(file, writeWav(narrowed));
    const level = (levelDbm0(narrowed) - levelDbm0(narrow)).toFixed(1);
    console.log(`${file}: level ${level} dB, steepest 10 ms ${crackleDbm0(narrowed).toFixed(1)} dBm0`);
  }
}
