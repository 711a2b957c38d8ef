/**
 * ITU-T G.722 one sample after the other, block by block as clause 6.2 lists them, and the quadrature mirror filters of
 * 5.2: the same names, every 16-bit result saturated, no tricks. It is what the kernels are held against. Scale factors by
 * the shifts of method 2, where the kernels have the table of method 1.
 */

const saturated = (value: number): number => Math.max(-32768, Math.min(32767, value));
const limited = (value: number): number => Math.max(-16384, Math.min(16383, value));
/** Bits 15 to 30 of a product. */
const scaled = (a: number, b: number): number => (a * b) >> 15;
const at = (table: readonly number[], index: number): number => table[index] ?? Number.NaN;
const isNegative = (value: number): boolean => value < 0;

/** Q6 of QUANTL. */
const q6 = [
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
  1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
/** Output values by the number of the interval, from the smallest: 6, 5 and 4 bits of the lower band, 2 of the upper. */
const oq6 = [
  17, 54, 91, 130, 170, 211, 254, 300, 347, 396, 447, 501, 558, 618, 682, 750, 822, 899, 982, 1072, 1170, 1279, 1399,
  1535, 1689, 1873, 2088, 2376, 2738, 3101,
];
const oq5 = [35, 110, 190, 276, 370, 473, 587, 714, 858, 1023, 1219, 1458, 1765, 2195, 2919];
const oq4 = [0, 150, 323, 530, 786, 1121, 1612, 2557];
const oq2 = [202, 926];
/** WL by the interval of four bits, WH by that of two. */
const wl = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const wh = [-214, 798];
const ilb = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
const mirror = [3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876];
const filter = [...mirror, ...[...mirror].reverse()];

interface Interval {
  /** From 0, the smallest. */
  readonly number: number;
  readonly sign: 1 | -1;
}

/** The interval of a lower-band code of 4, 5 or 6 bits. Codes that no encoder sends lie in the smallest. */
function lowInterval(code: number, bits: number): Interval {
  if (bits === 4) return code >= 8 ? { number: 15 - code, sign: 1 } : { number: code === 0 ? 0 : 8 - code, sign: -1 };
  const half = 2 ** (bits - 1);
  const all = 2 * half - 1;
  // Above one half: positive, the largest first, the last two (one, of 5 bits) negative again.
  const smallNegatives = bits === 6 ? 2 : 1;
  if (code > all - smallNegatives) return { number: all - code, sign: -1 };
  if (code >= half) return { number: all - smallNegatives - code, sign: 1 };
  const largest = bits === 6 ? 29 : 14;
  const first = bits === 6 ? 4 : 2;
  return code < first ? { number: 0, sign: -1 } : { number: largest - (code - first), sign: -1 };
}

/** One band's predictor and scale factor: blocks 3 and 4. */
class Band {
  readonly #nbMax: number;
  readonly #shift: number;
  #a = [0, 0];
  #b = [0, 0, 0, 0, 0, 0];
  #d = [0, 0, 0, 0, 0, 0];
  #r = [0, 0];
  #p = [0, 0];
  #nb = 0;
  #sz = 0;
  det: number;
  s = 0;

  constructor(det: number, nbMax: number, shift: number) {
    this.det = det;
    this.#nbMax = nbMax;
    this.#shift = shift;
  }

  /** The quantised difference and the logarithmic weight of its interval. */
  adapt(difference: number, weight: number): void {
    this.#nb = Math.max(0, Math.min(this.#nbMax, scaled(this.#nb, 32512) + weight));
    const shift = this.#shift - (this.#nb >> 11);
    const mantissa = at(ilb, (this.#nb >> 6) & 31);
    this.det = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
    this.#predict(difference);
  }

  #predict(difference: number): void {
    const r = saturated(this.s + difference);
    const p = saturated(difference + this.#sz);
    const agrees = this.#p.map((earlier) => isNegative(earlier) === isNegative(p));
    const [a1 = 0, a2 = 0] = this.#a;
    const four = saturated(4 * a1);
    const turned = agrees[0] ? saturated(-four) : four;
    const a2p = (turned >> 7) + (agrees[1] ? 128 : -128) + scaled(a2, 32512);
    const newA2 = Math.max(-12288, Math.min(12288, a2p));
    const most = 15360 - newA2;
    const newA1 = Math.max(-most, Math.min(most, (agrees[0] ? 192 : -192) + scaled(a1, 32640)));
    const gain = difference === 0 ? 0 : 128;
    this.#b = this.#b.map((coefficient, k) => {
      const turn = isNegative(at(this.#d, k)) === isNegative(difference) ? gain : -gain;
      return saturated(turn + scaled(coefficient, 32640));
    });
    this.#a = [newA1, newA2];
    this.#d = [difference, ...this.#d.slice(0, 5)];
    this.#r = [r, at(this.#r, 0)];
    this.#p = [p, at(this.#p, 0)];
    const doubled = (value: number): number => saturated(2 * value);
    const poles = saturated(scaled(doubled(r), newA1) + scaled(doubled(at(this.#r, 1)), newA2));
    this.#sz = 0;
    for (let k = 5; k >= 0; k -= 1) {
      this.#sz = saturated(this.#sz + scaled(doubled(at(this.#d, k)), at(this.#b, k)));
    }
    this.s = saturated(poles + this.#sz);
  }
}

export class G722Reference {
  readonly #low = new Band(32, 18432, 8);
  readonly #high = new Band(8, 22528, 10);
  #line = filter.map(() => 0);

  /** Two samples of 16 kHz to an octet. */
  encode(earlier: number, later: number): number {
    const { even, odd } = this.#filtered(earlier, later);
    return this.encodeBands(limited((even + odd) >> 14), limited((even - odd) >> 14));
  }

  /** XL and XH, 15 bits, to an octet: the encoder of Appendix II, without its filter. */
  encodeBands(xl: number, xh: number): number {
    const lowCode = this.#quantisedLow(xl);
    const error = saturated(xh - this.#high.s);
    const magnitude = error < 0 ? -(error + 1) : error;
    const isLarge = magnitude >= scaled(564 << 3, this.#high.det);
    const highCode = error < 0 ? (isLarge ? 0 : 1) : isLarge ? 2 : 3;
    this.#adaptLow(lowCode);
    this.#adaptHigh(highCode);
    return (highCode << 6) | lowCode;
  }

  /** An octet to two samples of 16 kHz. */
  decode(octet: number, mode: 1 | 2 | 3): readonly [number, number] {
    const [rl, rh] = this.decodeBands(octet, mode);
    const { even, odd } = this.#filtered(rl + rh, rl - rh);
    return [saturated(even >> 11), saturated(odd >> 11)];
  }

  /** An octet to RL and RH, 15 bits: the decoder of Appendix II, without its filter. */
  decodeBands(octet: number, mode: 1 | 2 | 3): readonly [number, number] {
    const code = octet & 63;
    const { number, sign } = lowInterval(code >> (mode - 1), 7 - mode);
    const output = at(mode === 1 ? oq6 : mode === 2 ? oq5 : oq4, number) << 3;
    const rl = limited(saturated(this.#low.s + scaled(this.#low.det, sign * output)));
    this.#adaptLow(code);
    return [rl, this.#adaptHigh(octet >> 6)];
  }

  /** The two phases of the filter with two samples more: the encoder's in its order, the decoder's sum and difference. */
  #filtered(first: number, second: number): { even: number; odd: number } {
    this.#line = [...this.#line.slice(2), first, second];
    const phase = (parity: number): number =>
      this.#line.reduce((sum, value, k) => (k % 2 === parity ? sum + value * at(filter, k) : sum), 0);
    return { even: phase(1), odd: phase(0) };
  }

  #quantisedLow(xl: number): number {
    const error = saturated(xl - this.#low.s);
    const magnitude = error < 0 ? -(error + 1) : error;
    const reached = q6.findLastIndex((level) => magnitude >= scaled(level << 3, this.#low.det));
    if (error >= 0) return 61 - reached;
    return reached < 2 ? 63 - reached : 33 - reached;
  }

  #adaptLow(code: number): void {
    const { number, sign } = lowInterval(code >> 2, 4);
    this.#low.adapt(scaled(this.#low.det, sign * (at(oq4, number) << 3)), at(wl, number));
  }

  #adaptHigh(code: number): number {
    const number = code === 0 || code === 2 ? 1 : 0;
    const difference = scaled(this.#high.det, (code < 2 ? -1 : 1) * (at(oq2, number) << 3));
    const rh = limited(saturated(this.#high.s + difference));
    this.#high.adapt(difference, at(wh, number));
    return rh;
  }
}
