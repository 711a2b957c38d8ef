import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWav } from "#protocol/wav.js";
import type { DspCore } from "../../firmware/dsp/dsp-core.js";
import { DtmfDetector, dtmfDigits } from "../../firmware/dsp/dtmf.js";
import { dspLibrary } from "../support/dsp-library.js";
import { foreignProgram } from "../support/foreign-program.js";
import { projectFolder, runProgram } from "../support/programs.js";
import { seededRandom } from "../support/seeded-random.js";
import { levelDbm0, noiseSignal, toneSignal, toSamples } from "../support/test-signals.js";

const espeak = foreignProgram("espeak-ng", "espeak-ng");
const sox = foreignProgram("sox", "sox");
/** Languages with very different vowels, women's voices and men's, slow and fast. */
const voices = [
  ["en-us+m3", 130],
  ["en-gb+f2", 170],
  ["de+f4", 160],
  ["fr+m1", 150],
  ["es+f3", 190],
  ["it+m7", 140],
  ["sv+f1", 150],
  ["ru+m2", 160],
] as const;
const minutesWanted = 30;
const rateHz = 8000;
const frameSamples = 160;

/** About six minutes of each voice, figures read out and all; the pages grow, the test does not. */
const charactersOfVoiceMax = 5_000;

/** What this project says of itself, read aloud. */
function text(): string {
  const pages = ["README.md", "ARCHITECTURE.md", "docs/mgcp.md", "docs/dsp.md", "docs/performance.md"];
  return pages.map((page) => readFileSync(join(projectFolder, page), "utf8").replace(/[`*|#_<>─-]+/g, " ")).join("\n");
}

function digitsIn(core: DspCore, samples: Int16Array): string {
  const detector = DtmfDetector.create(core, frameSamples);
  if (detector === null) throw new Error("the memory is full");
  let digits = "";
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    digits += detector.process(samples.subarray(at, at + frameSamples)).begun ?? "";
  }
  detector.release();
  return digits;
}

function withNoise(signal: Float64Array, noise: Float64Array): Int16Array {
  return toSamples(signal.map((value, at) => value + (noise[at] ?? 0)));
}

describe.skipIf(!espeak.installed || !sox.installed)("the DTMF detector and voices of espeak-ng", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdover-talk-off-"));
  let core: DspCore;
  const speeches: { readonly voice: string; readonly samples: Int16Array }[] = [];

  beforeAll(async () => {
    core = await dspLibrary();
    const words = text();
    const spoken = join(folder, "text");
    await Promise.all(
      voices.map(async ([voice, wordsPerMinute], index) => {
        const part = Math.min(Math.floor(words.length / voices.length), charactersOfVoiceMax);
        writeFileSync(`${spoken}${index}`, words.slice(index * part, (index + 1) * part));
        const wide = join(folder, `${index}.wide.wav`);
        const narrow = join(folder, `${index}.wav`);
        const said = ["-v", voice, "-s", String(wordsPerMinute), "-f", `${spoken}${index}`, "-w", wide];
        for (const [program, args] of [
          [espeak.path, said],
          [sox.path, [wide, "-r", String(rateHz), "-c", "1", "-b", "16", narrow, "gain", "-n", "-3"]],
        ] as const) {
          const { exitCode, stderr } = await runProgram(program, args, { withinMs: 50_000 });
          if (exitCode !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
        }
        const read = readWav(readFileSync(narrow));
        if (!read.ok) throw new Error(read.reason);
        speeches.push({ voice, samples: read.value });
      }),
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test(`nobody dials by talking for ${minutesWanted} minutes`, () => {
    expect(readdirSync(folder).length).toBe(3 * voices.length);
    const samples = speeches.reduce((sum, speech) => sum + speech.samples.length, 0);
    expect(samples).toBeGreaterThan(minutesWanted * 60 * rateHz);
    for (const speech of speeches) expect([speech.voice, digitsIn(core, speech.samples)]).toEqual([speech.voice, ""]);
  });

  test("nor in noise, nor more softly", () => {
    const random = seededRandom(11);
    for (const { voice, samples } of speeches) {
      const minutes = samples.subarray(0, 3 * 60 * rateHz);
      const softly = Float64Array.from(minutes, (value) => value / 6);
      const noise = noiseSignal(random, levelDbm0(softly) - 12, minutes.length);
      expect([voice, digitsIn(core, withNoise(softly, noise))]).toEqual([voice, ""]);
      expect(digitsIn(core, toSamples(noise))).toBe("");
    }
  });

  test("1,000 random digits at -30 to 0 dBm0, twisted, 15 dB above noise, between the words: all are heard, in order", () => {
    const random = seededRandom(12);
    let dialled = "";
    let heard = "";
    const speech = speeches[0]?.samples ?? new Int16Array(0);
    const detector = DtmfDetector.create(core, frameSamples);
    if (detector === null) throw new Error("the memory is full");
    const say = (samples: Int16Array) => {
      for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
        heard += detector.process(samples.subarray(at, at + frameSamples)).begun ?? "";
      }
    };
    for (let number = 0; number < 1000; number += 1) {
      const digit = dtmfDigits[Math.floor(random() * dtmfDigits.length)] ?? "0";
      dialled += digit;
      const row = Math.floor(dtmfDigits.indexOf(digit) / 4);
      const column = dtmfDigits.indexOf(digit) % 4;
      const twistDb = -8 + 12 * random();
      const strongerDbm0 = -30 + 27 * random();
      const lowDbm0 = twistDb > 0 ? strongerDbm0 - twistDb : strongerDbm0;
      const highDbm0 = lowDbm0 + twistDb;
      const tones = [
        { hz: [697, 770, 852, 941][row] ?? 0, dbm0: lowDbm0 },
        { hz: [1209, 1336, 1477, 1633][column] ?? 0, dbm0: highDbm0 },
      ];
      const signal = toneSignal(tones, frameSamples * 3, rateHz, 6 * random());
      const noise = noiseSignal(random, levelDbm0(signal) - 15, signal.length);
      say(withNoise(signal, noise));
      const at = Math.floor(random() * (speech.length - 8000));
      say(new Int16Array(320));
      say(speech.subarray(at, at + 4000));
      say(new Int16Array(320));
    }
    detector.release();
    expect(heard).toBe(dialled);
  });
});
