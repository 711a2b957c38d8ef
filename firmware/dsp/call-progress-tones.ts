/**
 * The call-progress tones of countries: ITU-T E.180 Supplement 2, "Various tones used in national networks" (2003), and
 * ANSI T1.401 for North America. A row is the value in most of the country's networks; exchanges differ, and levels are
 * the operator's (E.180 section 4: -10 dBm0 +-5 nominal).
 *
 * A tone is written as the supplement writes it: frequencies with +, then seconds on, off, on … (none: without end). One
 * that is modulated there (Australia 425 x 25 Hz, Japan 400 x 16 Hz) is two tones here, whose beat is the modulation.
 */
import type { ToneStep } from "./tone-generator.js";

export const toneNames = ["dial", "ringback", "busy", "congestion", "callWaiting"] as const;
export type ToneName = (typeof toneNames)[number];

interface CountryTones extends Readonly<Record<ToneName, string>> {
  readonly name: string;
}

/** ISO 3166 codes of two letters. The frequency stands before the colon, the cadence in seconds behind it. */
const countries: Readonly<Record<string, CountryTones>> = {
  AU: {
    name: "Australia",
    dial: "413+438:",
    ringback: "413+438: 0.4 0.2 0.4 2",
    busy: "425: 0.375 0.375",
    congestion: "425: 0.375 0.375",
    callWaiting: "425: 0.2 0.2 0.2 4.4",
  },
  AT: {
    name: "Austria",
    dial: "420:",
    ringback: "420: 1 5",
    busy: "420: 0.4 0.4",
    congestion: "420: 0.2 0.2",
    callWaiting: "420: 0.04 1.95",
  },
  BE: {
    name: "Belgium",
    dial: "425:",
    ringback: "425: 1 3",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.167 0.167",
    callWaiting: "1400: 0.175 0.175 0.175 3.5",
  },
  CH: {
    name: "Switzerland",
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.2 0.2",
    callWaiting: "425: 0.2 0.2 0.2 4",
  },
  DE: {
    name: "Germany",
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.48 0.48",
    congestion: "425: 0.24 0.24",
    callWaiting: "425: 0.2 0.2 0.2 5",
  },
  ES: {
    name: "Spain",
    dial: "425:",
    ringback: "425: 1.5 3",
    busy: "425: 0.2 0.2",
    congestion: "425: 0.2 0.2 0.2 0.2 0.2 0.6",
    callWaiting: "425: 0.175 0.175 0.175 3.5",
  },
  FR: {
    name: "France",
    dial: "440:",
    ringback: "440: 1.5 3.5",
    busy: "440: 0.5 0.5",
    congestion: "440: 0.25 0.25",
    callWaiting: "440: 0.3 10",
  },
  GB: {
    name: "United Kingdom",
    dial: "350+440:",
    ringback: "400+450: 0.4 0.2 0.4 2",
    busy: "400: 0.375 0.375",
    congestion: "400: 0.4 0.35 0.225 0.525",
    callWaiting: "400: 0.1 2",
  },
  IT: {
    name: "Italy",
    dial: "425: 0.2 0.2 0.6 1",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.2 0.2",
    callWaiting: "425: 0.4 0.1 0.25 0.1 0.15 14",
  },
  JP: {
    name: "Japan",
    dial: "400:",
    ringback: "400+415: 1 2",
    busy: "400: 0.5 0.5",
    congestion: "400: 0.5 0.5",
    callWaiting: "400: 0.064 0.436 0.064 3.436",
  },
  NL: {
    name: "Netherlands",
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.25 0.25",
    callWaiting: "425: 0.5 9.5",
  },
  US: {
    name: "United States and Canada",
    dial: "350+440:",
    ringback: "440+480: 2 4",
    busy: "480+620: 0.5 0.5",
    congestion: "480+620: 0.25 0.25",
    callWaiting: "440: 0.3 10",
  },
};

export const toneCountries: readonly string[] = Object.keys(countries);

/** Of one tone, in dBm0 for all its frequencies together. */
const levelDbm0Default = -10;

/** What a generator plays, again and again; null for a country that is not in the table. */
export function callProgressTone(country: string, tone: ToneName, dbm0 = levelDbm0Default): ToneStep[] | null {
  const row = Object.hasOwn(countries, country) ? countries[country] : undefined;
  if (row === undefined) return null;
  const [frequencies = "", cadence = ""] = row[tone].split(":");
  const hzs = frequencies.split("+").map(Number);
  const tones = hzs.map((hz) => ({ hz, dbm0: dbm0 - 10 * Math.log10(hzs.length) }));
  if (cadence === "") return [{ tones, ms: 0 }];
  const seconds = cadence.trim().split(" ").map(Number);
  return seconds.map((duration, index) => ({ tones: index % 2 === 0 ? tones : [], ms: Math.round(duration * 1000) }));
}
