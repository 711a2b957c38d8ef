import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readWav, wavHeader, wavSamples, writeWav } from "../../../firmware/protocol/wav.js";

function fileOf(format: number, bits: number, data: readonly number[], change?: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  bytes.set(writeWav(new Int16Array(0)));
  bytes.set(data, 44);
  const view = new DataView(bytes.buffer);
  view.setUint16(20, format, true);
  view.setUint16(34, bits, true);
  view.setUint32(40, data.length, true);
  change?.(view);
  return bytes;
}

test("the header of one sample is the 44 octets of the specification", () => {
  expect(Buffer.from(writeWav(Int16Array.of(-2))).toString("hex")).toBe(
    "524946462600000057415645666d74201000000001000100401f0000803e00000200100064617461" + "02000000" + "feff",
  );
});

test("the recordings made with SoX are read to their last sample", () => {
  for (const [name, samples] of [
    ["station-a", 212_230],
    ["station-b", 195_978],
  ] as const) {
    const result = readWav(readFileSync(new URL(`../../../host/cli/demo/speech/${name}.wav`, import.meta.url)));
    expect(result.ok && result.value.length).toBe(samples);
  }
});

test("µ-law and A-law files are expanded", () => {
  expect(readWav(fileOf(7, 8, [0xff, 0x80]))).toEqual({ ok: true, value: Int16Array.of(0, 32_124) });
  expect(readWav(fileOf(6, 8, [0xd5, 0xaa]))).toEqual({ ok: true, value: Int16Array.of(8, 32_256) });
});

test("a recording that was never finished is read as far as it goes", () => {
  const bytes = Uint8Array.of(...wavHeader(null), ...wavSamples(Int16Array.of(1, 2, 3)), 7);
  expect(readWav(bytes)).toEqual({ ok: true, value: Int16Array.of(1, 2, 3) });
});

test("chunks that are neither fmt nor data are stepped over, odd ones with their pad", () => {
  const plain = writeWav(Int16Array.of(5));
  const list = Uint8Array.of(...Buffer.from("LIST"), 3, 0, 0, 0, 1, 2, 3, 0);
  expect(readWav(Uint8Array.of(...plain.subarray(0, 36), ...list, ...plain.subarray(36)))).toEqual({
    ok: true,
    value: Int16Array.of(5),
  });
});

test("what a telephone cannot play is refused with the reason", () => {
  expect(readWav(new Uint8Array(0))).toEqual({ ok: false, reason: "not a WAV file" });
  expect(readWav(writeWav(Int16Array.of(1)).subarray(0, 40))).toEqual({ ok: false, reason: "it has no data chunk" });
  expect(readWav(fileOf(1, 8, [0]))).toMatchObject({
    ok: false,
    reason: expect.stringContaining("format 1 with 8 bits"),
  });
  const stereo = fileOf(1, 16, [0, 0], (view) => view.setUint16(22, 2, true));
  expect(readWav(stereo)).toEqual({ ok: false, reason: "it has 2 channels, not 1" });
  const wide = fileOf(1, 16, [0, 0], (view) => view.setUint32(24, 16_000, true));
  expect(readWav(wide)).toEqual({ ok: false, reason: "its rate is 16000 Hz, not 8000" });
  expect(readWav(new Uint8Array(10_485_761)).ok).toBe(false);
});
