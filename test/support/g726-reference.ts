/**
 * ITU-T G.726, one sample after the other, block by block as clause 4.2 lists them: the same names, the same bit widths,
 * numbers modulo their width as the Recommendation writes them, no tricks. It is what the kernels are held against, and
 * shares nothing with them but the Recommendation's tables. µ-law and A-law as g711-reference.ts has them.
 */
import { reference as g711 } from "./g711-reference.js";

export type Law = "linear" | "ulaw" | "alaw";
export type Bits = 2 | 3 | 4 | 5;

interface RateTables {
  /** Tables 7 to 10: the least DLN of each magnitude from 1 on. */
  readonly levels: readonly number[];
  /** RECONST, FUNCTW and FUNCTF by magnitude. */
  readonly dqln: readonly number[];
  readonly wi: readonly number[];
  readonly fi: readonly number[];
}

const tables: Readonly<Record<Bits, RateTables>> = {
  2: { levels: [261], dqln: [116, 365], wi: [-22, 439], fi: [0, 7] },
  3: { levels: [8, 218, 331], dqln: [-2048, 135, 273, 373], wi: [-4, 30, 137, 582], fi: [0, 1, 2, 7] },
  4: {
    levels: [-124, 80, 178, 246, 300, 349, 400],
    dqln: [-2048, 4, 135, 213, 273, 323, 373, 425],
    wi: [-12, 18, 41, 64, 112, 198, 355, 1122],
    fi: [0, 0, 0, 1, 1, 1, 3, 7],
  },
  5: {
    levels: [-122, -16, 68, 139, 198, 250, 298, 339, 378, 413, 445, 475, 502, 528, 553],
    dqln: [-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
    wi: [14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696],
    fi: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6],
  },
};

/** The low bits of a number. */
const low = (value: number, bits: number): number => value & (2 ** bits - 1);
/** Two's complement of so many bits, as a plain number. */
const signedOf = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
/** How many bits a magnitude has, 0 for 0: the exponent of FMULT, FLOATA and FLOATB. */
const bitsOf = (magnitude: number): number => 32 - Math.clz32(magnitude);
const at = (table: readonly number[], index: number): number => table[index] ?? Number.NaN;

/** FLOATA and FLOATB: sign, 4 bits of exponent, 6 of mantissa. */
function floated(sign: number, magnitude: number): number {
  const exponent = bitsOf(magnitude);
  const mantissa = magnitude === 0 ? 32 : (magnitude << 6) >> exponent;
  return (sign << 10) + (exponent << 6) + mantissa;
}

/** FMULT: a coefficient of 16 bits times a float of 11; 16 bits. */
function fmult(coefficient: number, float: number): number {
  const sign = coefficient >> 15;
  const magnitude = sign === 0 ? coefficient >> 2 : low(16384 - (coefficient >> 2), 13);
  const exponent = bitsOf(magnitude) + ((float >> 6) & 15);
  const mantissa = magnitude === 0 ? 32 : (magnitude << 6) >> bitsOf(magnitude);
  const product = ((float & 63) * mantissa + 48) >> 4;
  const shifted = exponent <= 26 ? (product << 7) >> (26 - exponent) : low((product << 7) << (exponent - 26), 15);
  return (sign ^ (float >> 10)) === 0 ? shifted : low(65536 - shifted, 16);
}

export class G726Reference {
  readonly #bits: Bits;
  readonly #law: Law;
  readonly #tables: RateTables;
  /** Coefficients and PK as 16 and 1 bits; DQ and SR in the form of floated(). */
  #a = [0, 0];
  #b = [0, 0, 0, 0, 0, 0];
  #dq = [32, 32, 32, 32, 32, 32];
  #sr = [32, 32];
  #pk = [0, 0];
  #td = 0;
  /** TDP, which SUBTC takes before TRIGB. */
  #tone = false;
  #yu = 544;
  #yl = 34816;
  #dms = 0;
  #dml = 0;
  #ap = 0;

  constructor(bits: Bits, law: Law) {
    this.#bits = bits;
    this.#law = law;
    this.#tables = tables[bits];
  }

  /** A 16-bit sample or a code of the law to a G.726 code. */
  encode(sample: number): number {
    const predicted = this.#predict();
    const code = this.#quantised(this.#expanded(sample), predicted.se, predicted.y);
    this.#adapt(code, predicted);
    return code;
  }

  /** A G.726 code to a 16-bit sample or a code of the law. */
  decode(code: number): number {
    const predicted = this.#predict();
    const sr = signedOf(this.#adapt(low(code, this.#bits), predicted), 16);
    if (this.#law === "linear") return 4 * Math.max(-8192, Math.min(8191, sr));
    const pcm = this.#compressed(sr);
    const again = this.#quantised(this.#expanded(pcm), predicted.se, predicted.y);
    return this.#synchronised(pcm, this.#rank(low(code, this.#bits)), this.#rank(again));
  }

  /** EXPAND, and Annex A: 14 bits. */
  #expanded(sample: number): number {
    if (this.#law === "linear") return sample >> 2;
    return (this.#law === "ulaw" ? g711.ulawDecode(sample) : g711.alawDecode(sample)) >> 2;
  }

  /** COMPRESS: SR is a magnitude and a sign to µ-law; to A-law, of 13 bits, it is rounded down first. */
  #compressed(sr: number): number {
    if (this.#law === "ulaw") return g711.ulawEncode(sr < 0 ? ~(-sr << 2) : sr << 2);
    const magnitude = sr < 0 ? ((1 - sr) >> 1) - 1 : sr >> 1;
    return g711.alawEncode(sr < 0 ? ~(magnitude << 3) : magnitude << 3);
  }

  /** ACCUM, LIMA, MIX. SE and SEZ are signed numbers of 15 bits. */
  #predict() {
    const zeroes = this.#b.reduce((sum, coefficient, k) => sum + fmult(coefficient, at(this.#dq, k)), 0);
    const poles = this.#a.reduce((sum, coefficient, k) => sum + fmult(coefficient, at(this.#sr, k)), 0);
    const sez = signedOf(low(zeroes, 16) >> 1, 15);
    const se = signedOf(low(zeroes + poles, 16) >> 1, 15);
    const al = this.#ap >= 256 ? 64 : this.#ap >> 2;
    const slow = this.#yl >> 6;
    const difference = this.#yu - slow;
    const product = (Math.abs(difference) * al) >> 6;
    return { sez, se, y: slow + (difference < 0 ? -product : product) };
  }

  /** SUBTA, LOG, SUBTB, QUAN. */
  #quantised(sl: number, se: number, y: number): number {
    const d = low(sl - se, 16);
    const ds = d >> 15;
    const magnitude = ds === 0 ? d : low(65536 - d, 15);
    const exponent = Math.max(0, bitsOf(magnitude) - 1);
    const dl = (exponent << 7) + low((magnitude << 7) >> exponent, 7);
    const dln = signedOf(low(dl - (y >> 2), 12), 12);
    const reached = this.#tables.levels.filter((level) => dln >= level).length;
    // 16 kbit/s is even: its least magnitude has both signs. The other rates have all ones for both (tables 7 to 9).
    const negative = ds === 1 || (reached === 0 && this.#bits !== 2);
    return negative ? low(~reached, this.#bits) : reached;
  }

  /** RECONST, ADDA, ANTILOG, then all that adapts; gives SR, 16 bits. */
  #adapt(code: number, { sez, se, y }: { sez: number; se: number; y: number }): number {
    const dqs = code >> (this.#bits - 1);
    const magnitude = dqs === 0 ? code : low(~code, this.#bits - 1);
    const dql = low(at(this.#tables.dqln, magnitude) + (y >> 2), 12);
    const dqt = ((dql & 127) + 128) << 7;
    const dqMagnitude = dql >> 11 === 1 ? 0 : dqt >> (14 - (dql >> 7));
    const dq = dqs === 0 ? dqMagnitude : -dqMagnitude;
    const sr = low(dq + se, 16);
    const leaps = this.#transition(dqMagnitude);
    this.#adaptPredictor(dq, dqs, low(dq + sez, 16), leaps);
    this.#adaptScale(at(this.#tables.wi, magnitude), at(this.#tables.fi, magnitude), y, leaps);
    const srs = sr >> 15;
    this.#dq = [floated(dqs, dqMagnitude), ...this.#dq.slice(0, 5)];
    this.#sr = [floated(srs, srs === 0 ? sr : low(65536 - sr, 15)), at(this.#sr, 0)];
    return sr;
  }

  /** TRANS. */
  #transition(dqMagnitude: number): boolean {
    const whole = this.#yl >> 15;
    const threshold = whole > 9 ? 31 << 10 : (32 + ((this.#yl >> 10) & 31)) << whole;
    return this.#td === 1 && dqMagnitude > (threshold + (threshold >> 1)) >> 1;
  }

  /** ADDC, XOR, UPB, UPA1, UPA2, LIMC, LIMD, TONE, TRIGB. */
  #adaptPredictor(dq: number, dqs: number, dqsez: number, leaps: boolean): void {
    const pk0 = dqsez >> 15;
    const [a1 = 0, a2 = 0] = this.#a.map((coefficient) => signedOf(coefficient, 16));
    const turns = this.#pk.map((pk) => (pk === pk0 ? 1 : -1));
    const fa = at(turns, 0) * 4 * Math.max(-8191, Math.min(8191, a1));
    const gain2 = dqsez === 0 ? 0 : (16384 * at(turns, 1) - fa) >> 7;
    const a2p = Math.max(-12288, Math.min(12288, a2 + gain2 - (a2 >> 7)));
    const gain1 = dqsez === 0 ? 0 : 192 * at(turns, 0);
    const a1p = Math.max(a2p - 15360, Math.min(15360 - a2p, a1 + gain1 - (a1 >> 8)));
    const zero = (coefficient: number, k: number): number => {
      const b = signedOf(coefficient, 16);
      const agree = at(this.#dq, k) >> 10 === dqs;
      const gain = dq === 0 ? 0 : agree ? 128 : -128;
      return b + gain - (b >> (this.#bits === 5 ? 9 : 8));
    };
    this.#b = this.#b.map((coefficient, k) => (leaps ? 0 : low(zero(coefficient, k), 16)));
    this.#a = leaps ? [0, 0] : [low(a1p, 16), low(a2p, 16)];
    this.#pk = [pk0, at(this.#pk, 0)];
    this.#tone = a2p < -11776;
    this.#td = this.#tone && !leaps ? 1 : 0;
  }

  /** FILTA to FILTE, LIMB, SUBTC, TRIGA. */
  #adaptScale(wi: number, fi: number, y: number, leaps: boolean): void {
    this.#dms += ((fi << 9) - this.#dms) >> 5;
    this.#dml += ((fi << 11) - this.#dml) >> 7;
    const yut = y + (((wi << 5) - y) >> 5);
    this.#yu = Math.max(544, Math.min(5120, yut));
    this.#yl += this.#yu + (-this.#yl >> 6);
    const apart = Math.abs((this.#dms << 2) - this.#dml) >= this.#dml >> 3;
    const ax = y < 1536 || apart || this.#tone ? 512 : 0;
    this.#ap = leaps ? 256 : this.#ap + ((ax - this.#ap) >> 4);
  }

  /** IM and ID of SYNC: a number that grows with what the code stands for. */
  #rank(code: number): number {
    const half = 2 ** (this.#bits - 1);
    return code >= half ? code - half : code + half;
  }

  /** SYNC: the next PCM value up or down where the next encoder would find another code. */
  #synchronised(pcm: number, im: number, id: number): number {
    if (im === id) return pcm;
    const order = this.#law === "ulaw" ? ulawOrder : alawOrder;
    const place = order.indexOf(pcm === 0x7f && this.#law === "ulaw" ? 0xff : pcm);
    const moved = at(order, Math.max(0, Math.min(order.length - 1, place + (im > id ? 1 : -1))));
    // Zero reached from below keeps the sign that it comes with.
    return moved === 0xff && this.#law === "ulaw" && im > id ? 0x7f : moved;
  }
}

/** Codes by rising value; µ-law's two zeroes are one. */
const everyCode = Array.from({ length: 256 }, (_, code) => code);
const ulawOrder = everyCode.filter((code) => code !== 0x7f).sort((a, b) => g711.ulawDecode(a) - g711.ulawDecode(b));
const alawOrder = [...everyCode].sort((a, b) => g711.alawDecode(a) - g711.alawDecode(b));
