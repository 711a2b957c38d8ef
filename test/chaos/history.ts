/** What happened in a run, with CLOCK_MONOTONIC of the machine it ran on: what telephones said, and what was done to whom. */
import type { TelephoneSight } from "../support/call-witness.js";
import type { Victim } from "./schedule.js";

export const telephoneWords = ["dialling", "ringback", "ringing", "answered", "talking", "hung-up"] as const;
export type TelephoneWord = (typeof telephoneWords)[number];

/** A telephone's own word; `sound` is what it counted, as it came (phone-event.ts). */
export interface Said extends TelephoneSight {
  readonly kind: TelephoneWord;
  readonly sound: unknown;
}

export interface Struck {
  readonly kind: "killed" | "started" | "stopped" | "woken";
  readonly whom: Victim;
  readonly atMs: number;
}

export interface History {
  readonly said: readonly Said[];
  readonly struck: readonly Struck[];
}
