import { expect, test } from "vitest";
import { aLawToLinear, linearToMuLaw, muLawSilence, muLawToLinear } from "../../../firmware/protocol/g711-table.js";

test("the values of G.711 table 2a come out of µ-law codes, on a 16-bit scale", () => {
  expect(muLawToLinear(0x80)).toBe(8031 * 4);
  expect(muLawToLinear(0x00)).toBe(-8031 * 4);
  expect(muLawToLinear(0x8f)).toBe(4191 * 4);
  expect(muLawToLinear(0xfe)).toBe(2 * 4);
  expect(muLawToLinear(0xff)).toBe(0);
});

test("the values of G.711 table 1a come out of A-law codes, on a 16-bit scale", () => {
  expect(aLawToLinear(0xff ^ 0x55)).toBe(4032 * 8);
  expect(aLawToLinear(0x80 ^ 0x55)).toBe(1 * 8);
  expect(aLawToLinear(0x00 ^ 0x55)).toBe(-1 * 8);
  expect(aLawToLinear(0x7f ^ 0x55)).toBe(-4032 * 8);
});

test("silence is the µ-law code of zero", () => {
  expect(linearToMuLaw(0)).toBe(muLawSilence);
});

test("every µ-law code but negative zero is what its own value is coded as", () => {
  for (let code = 0; code < 256; code += 1) {
    if (code !== 0x7f) expect(linearToMuLaw(muLawToLinear(code))).toBe(code);
  }
});

test("every sample is coded by the nearest value within half a step of its segment", () => {
  const outside: number[] = [];
  for (let sample = -32_124; sample <= 32_124; sample += 1) {
    const back = muLawToLinear(linearToMuLaw(sample));
    const stepOfSegment = 8 * 2 ** Math.max(0, 26 - Math.clz32((Math.abs(sample) >> 2) + 33));
    if (Math.abs(back - sample) > stepOfSegment / 2 + 4) outside.push(sample);
  }
  expect(outside).toEqual([]);
});
