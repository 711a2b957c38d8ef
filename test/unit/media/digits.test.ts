import { beforeAll, expect, test } from "vitest";
import type { DspCore } from "../../../firmware/dsp/dsp-core.js";
import { dtmfTone } from "../../../firmware/dsp/dtmf.js";
import type { ToneStep } from "../../../firmware/dsp/tone-generator.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import { codecOf, codingsNamed, frameSamplesOf, octetsOf } from "../../../firmware/media/codec.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { atRate, coded } from "../../support/coded-voice.js";
import { newDsp } from "../../support/dsp.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { EngineBench, rtpPacket } from "../../support/engine-bench.js";
import { toneSignal, toSamples } from "../../support/test-signals.js";

const station = { address: "192.0.2.1", port: 4000 };
const dialled = "159D*#0";

let dsp: Dsp;
let core: DspCore;
beforeAll(async () => {
  dsp = await newDsp();
  core = await dspLibrary();
});

function stepSamples({ tones, ms }: ToneStep): number[] {
  return [...toSamples(toneSignal(tones, ms * 8))];
}

/** The digits as tones of 60 ms, 60 ms apart. */
function tones(digits: string): Int16Array {
  return Int16Array.from([...digits].flatMap((digit) => (dtmfTone(digit, 60, 60) ?? []).flatMap(stepSamples)));
}

function heardOf(name: string, settings: Partial<LegSettings>): (string | null)[] {
  const [coding] = codingsNamed([name], 20);
  const codec = coding === undefined ? null : codecOf(coding);
  if (coding === undefined || codec === null) throw new Error(`${name} is missing`);
  const bench = new EngineBench(dsp);
  bench.open(0, {
    sendCoding: null,
    receiveCoding: coding,
    relay: null,
    remote: station,
    learnsPort: false,
    sends: false,
    receives: true,
    detectsDigits: true,
    source: null,
    ...settings,
  });
  const samples = 2 * frameSamplesOf(codec);
  const octets = coded(core, codec, atRate(core, tones(dialled), codec.pcmRateHz));
  const packetOctets = octetsOf(codec, samples);
  for (let number = 0; (number + 1) * packetOctets <= octets.length; number += 1) {
    const payload = octets.slice(number * packetOctets, (number + 1) * packetOctets);
    const { payloadType } = coding;
    bench.receive(0, rtpPacket(number, { payloadType, timestamp: number * samples, payload }), station);
    bench.run(20);
  }
  bench.run(200);
  return bench.events().flatMap((event) => (event.kind === "digit" ? [event.digit] : []));
}

test.each(["PCMU", "PCMA", "G722", "G726-32", "L16", "L16/16000"])(
  "digits sent as tones in %s are told once each",
  (name) => {
    expect(heardOf(name, {}).join("")).toBe(dialled);
  },
);

test("a leg that was not asked to tells no digits, nor does one that is not heard", () => {
  expect(heardOf("PCMU", { detectsDigits: false })).toEqual([]);
  expect(heardOf("PCMU", { receives: false })).toEqual([]);
});
