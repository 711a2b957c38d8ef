/**
 * The sound of a program's telephones as its main thread holds it: starts the thread that carries it, orders handsets
 * lifted and replaced, and hands on what they heard. Telephones are counted from 0.
 */
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Address } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import type { HandsetCounts } from "../phone/handset.js";
import { type Libc, loadLibc } from "./libc.js";
import { firstWord, readyMsMax, startTriesMax } from "./thread-start.js";
import { preferHelpersOfVoice } from "./voice-priority.js";

export interface SoundStart {
  /** media: where it takes RTP; RTCP on the next port. cname: RFC 7022, at most 64 characters. */
  readonly telephones: readonly { readonly media: Address; readonly cname: string }[];
  /** µ-law. */
  readonly speech: Uint8Array;
  readonly repeats: boolean;
}

export type SoundOrder =
  | { readonly kind: "lift"; readonly telephone: number; readonly remote: Address }
  | { readonly kind: "replace"; readonly telephone: number }
  /** Replaces all, and ends the thread. */
  | { readonly kind: "close" };

export type SoundReport =
  /** Once: reason null when all ports are open. bell: what wakes the thread, null where messages do. */
  | { readonly kind: "open"; readonly reason: string | null; readonly bell: number | null }
  | { readonly kind: "heard"; readonly telephone: number; readonly samples: Int16Array<ArrayBuffer> }
  /** Everything it heard has been told before. */
  | { readonly kind: "replaced"; readonly telephone: number; readonly counts: HandsetCounts | null };

/** One telephone's share. */
export interface StationSound {
  /** From now on there is sound, to and from this address only; in mid-call, to and from another. */
  lift(remote: Address): void;
  /** Ends it; `replaced` follows. */
  replace(): void;
}

export interface StationEars {
  readonly heard: (samples: Int16Array) => void;
  readonly replaced: (counts: HandsetCounts | null) => void;
}

/** A thread that does not end by itself within this time is ended. */
const closeMsMax = 1000;

/** Beside this file where it was built; from the source tree the built one is run all the same. */
const workerPlaces = [
  new URL("./phone-sound-worker.js", import.meta.url),
  new URL("../../dist/firmware/io/phone-sound-worker.js", import.meta.url),
];

export class PhoneSound {
  readonly #worker: Worker;
  readonly #libc: Libc | null;
  readonly #ears: (StationEars | undefined)[] = [];
  #bell: number | null = null;
  #isClosed = false;
  /** Null after close; otherwise why there is no sound any more. */
  readonly ended: Promise<string | null>;
  readonly opened: Promise<ParseResult<null>>;

  constructor(worker: Worker, libc: Libc | null) {
    this.#worker = worker;
    this.#libc = libc;
    this.ended = this.#waitForEnd();
    this.opened = this.#waitUntilOpen();
  }

  of(telephone: number, ears: StationEars): StationSound {
    this.#ears[telephone] = ears;
    return {
      lift: (remote) => this.#order({ kind: "lift", telephone, remote }),
      replace: () => this.#order({ kind: "replace", telephone }),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#order({ kind: "close" });
    const deadline = setTimeout(() => void this.#worker.terminate(), closeMsMax);
    await this.ended;
    clearTimeout(deadline);
  }

  #order(order: SoundOrder): void {
    this.#worker.postMessage(order);
    if (this.#bell !== null) this.#libc?.eventfd_write(this.#bell, 1);
  }

  #waitUntilOpen(): Promise<ParseResult<null>> {
    return new Promise((resolve) => {
      this.#worker.on("message", (report: SoundReport) => {
        if (report.kind === "heard") this.#ears[report.telephone]?.heard(report.samples);
        else if (report.kind === "replaced") this.#ears[report.telephone]?.replaced(report.counts);
        else {
          this.#bell = report.bell;
          resolve(report.reason === null ? parsed(null) : refused(`cannot listen on ${report.reason}`));
        }
      });
      void this.ended.then((reason) => resolve(refused(reason ?? "the sound was closed")));
    });
  }

  #waitForEnd(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#worker.once("error", (error: unknown) => resolve(error instanceof Error ? error.message : String(error)));
      this.#worker.once("exit", () => resolve(this.#isClosed ? null : "the thread of the sound ended"));
    });
  }
}

export interface SoundThreadOptions {
  /** Tried one after another; phone-sound-worker, startTriesMax times, unless told. */
  readonly threads?: readonly URL[];
  /** thread-start's unless told. */
  readonly readyWithinMs?: number;
}

/** A reason when a port is in use or an address is not here. */
export async function openPhoneSound(
  start: SoundStart,
  options: SoundThreadOptions = {},
): Promise<ParseResult<PhoneSound>> {
  const place = workerPlaces.find((url) => existsSync(url));
  if (place === undefined) throw new Error("the sound's worker is missing: run npm run build");
  const { threads = Array.from({ length: startTriesMax }, () => place), readyWithinMs = readyMsMax } = options;
  const libc = await loadLibc();
  if (libc !== null) preferHelpersOfVoice(libc);
  for (const thread of threads) {
    const worker = new Worker(thread, { name: "sound", execArgv: [], workerData: start });
    const sound = new PhoneSound(worker, libc);
    const opened = await firstWord(worker, sound.opened, readyWithinMs);
    if (opened?.ok) return parsed(sound);
    if (opened === null) continue;
    await sound.close();
    return opened;
  }
  return refused(
    `the thread of the sound did not say within ${readyWithinMs} ms that it runs, ${threads.length} times`,
  );
}
