/**
 * The call-progress tones of countries. A row is the value in most of the country's networks; exchanges differ, and levels
 * are the operator's (ITU-T E.180 section 4: -10 dBm0 +-5 nominal). Beside each stands where its values are laid down; they
 * were compared with tone tables of telephone exchanges that name the same documents.
 *
 * A tone is written as the supplement writes it: frequencies with +, then seconds on, off, on … (none: without end). One
 * that is modulated there (Australia 425 x 25 Hz, Japan 400 x 16 Hz) is two tones here, whose beat is the modulation. That
 * every second burst of the British congestion tone is 6 dB louder is left out.
 */
import type { ToneStep } from "./tone-generator.js";

export const toneNames = ["dial", "ringback", "busy", "congestion", "callWaiting"] as const;
export type ToneName = (typeof toneNames)[number];

interface CountryTones extends Readonly<Record<ToneName, string>> {
  readonly name: string;
  readonly source: string;
}

/** "Various tones used in national networks", 2003. */
const supplement2 = "ITU-T E.180 Supplement 2";

/** ISO 3166 codes of two letters. The frequency stands before the colon, the cadence in seconds behind it. */
const countries: Readonly<Record<string, CountryTones>> = {
  AU: {
    name: "Australia",
    source: supplement2,
    dial: "413+438:",
    ringback: "413+438: 0.4 0.2 0.4 2",
    busy: "425: 0.375 0.375",
    congestion: "425: 0.375 0.375",
    callWaiting: "425: 0.2 0.2 0.2 4.4",
  },
  AT: {
    name: "Austria",
    source: supplement2,
    dial: "420:",
    ringback: "420: 1 5",
    busy: "420: 0.4 0.4",
    congestion: "420: 0.2 0.2",
    callWaiting: "420: 0.04 1.95",
  },
  BE: {
    name: "Belgium",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 3",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.167 0.167",
    callWaiting: "1400: 0.175 0.175 0.175 3.5",
  },
  CH: {
    name: "Switzerland",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.2 0.2",
    callWaiting: "425: 0.2 0.2 0.2 4",
  },
  CZ: {
    name: "Czechia",
    source: supplement2,
    dial: "425: 0.33 0.33 0.66 0.66",
    ringback: "425: 1 4",
    busy: "425: 0.33 0.33",
    congestion: "425: 0.165 0.165",
    callWaiting: "425: 0.33 9",
  },
  DE: {
    name: "Germany",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.48 0.48",
    congestion: "425: 0.24 0.24",
    callWaiting: "425: 0.2 0.2 0.2 5",
  },
  ES: {
    name: "Spain",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1.5 3",
    busy: "425: 0.2 0.2",
    congestion: "425: 0.2 0.2 0.2 0.2 0.2 0.6",
    callWaiting: "425: 0.175 0.175 0.175 3.5",
  },
  FI: {
    name: "Finland",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.3 0.3",
    congestion: "425: 0.2 0.2",
    callWaiting: "425: 0.15 0.15 0.15 8",
  },
  FR: {
    name: "France",
    source: supplement2,
    dial: "440:",
    ringback: "440: 1.5 3.5",
    busy: "440: 0.5 0.5",
    congestion: "440: 0.25 0.25",
    callWaiting: "440: 0.3 10",
  },
  GB: {
    name: "United Kingdom",
    source: `${supplement2}; BT SIN 350`,
    dial: "350+440:",
    ringback: "400+450: 0.4 0.2 0.4 2",
    busy: "400: 0.375 0.375",
    congestion: "400: 0.4 0.35 0.225 0.525",
    callWaiting: "400: 0.1 2",
  },
  IT: {
    name: "Italy",
    source: supplement2,
    dial: "425: 0.2 0.2 0.6 1",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.2 0.2",
    callWaiting: "425: 0.4 0.1 0.25 0.1 0.15 14",
  },
  JP: {
    name: "Japan",
    source: supplement2,
    dial: "400:",
    ringback: "400+416: 1 2",
    busy: "400: 0.5 0.5",
    congestion: "400: 0.5 0.5",
    callWaiting: "400: 0.064 0.436 0.064 3.436",
  },
  NL: {
    name: "Netherlands",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.25 0.25",
    callWaiting: "425: 0.5 9.5",
  },
  NO: {
    name: "Norway",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.2 0.2",
    callWaiting: "425: 0.2 0.6 0.2 10",
  },
  PL: {
    name: "Poland",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 4",
    busy: "425: 0.5 0.5",
    congestion: "425: 0.5 0.5",
    callWaiting: "425: 0.15 0.15 0.15 4",
  },
  SE: {
    name: "Sweden",
    source: supplement2,
    dial: "425:",
    ringback: "425: 1 5",
    busy: "425: 0.25 0.25",
    congestion: "425: 0.25 0.75",
    callWaiting: "425: 0.2 0.5 0.2 9.1",
  },
  US: {
    name: "United States and Canada",
    source: `${supplement2}; ITU-T E.300 Supplement 3, North American precise audible tone plan`,
    dial: "350+440:",
    ringback: "440+480: 2 4",
    busy: "480+620: 0.5 0.5",
    congestion: "480+620: 0.25 0.25",
    callWaiting: "440: 0.3 10",
  },
};

export const toneCountries: readonly string[] = Object.keys(countries);

/** The documents that a country's values are from; null for a country that is not in the table. */
export function toneSource(country: string): string | null {
  return Object.hasOwn(countries, country) ? (countries[country]?.source ?? null) : null;
}

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
