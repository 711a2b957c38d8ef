/**
 * The media engine as the rest of the firmware holds it: starts its thread, puts commands into the one ring, takes events
 * from the other, reads counters straight from the shared memory.
 */
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { CommandRing, EventRing } from "../media/engine-rings.js";
import { legStatisticsReader } from "../media/leg-statistics.js";
import type { MediaCommand, MediaEvent, ReadLegStatistics } from "../media/media-port.js";
import { compileDsp, createDspMemory, instantiateDsp } from "./dsp-module.js";
import { type Libc, loadLibc } from "./libc.js";
import { firstWord, readyMsMax, startTriesMax } from "./thread-start.js";
import { preferHelpersOfVoice } from "./voice-priority.js";

/** linux: the C library by koffi; portable: node:dgram; auto: the first where it can be. */
export type MediaNetworkChoice = "linux" | "portable" | "auto";

export interface MediaEngine {
  /** The way to the network that was chosen. */
  readonly network: "linux" | "portable";
  readonly legsMax: number;
  readonly readStatistics: ReadLegStatistics;
  /** False when the engine takes no more commands: it was closed, has failed, or has stopped reading. */
  send(command: MediaCommand): boolean;
  /** One handler; events that came before it was set are handed to it first. */
  onEvent(handler: (event: MediaEvent) => void): void;
  /** Closes all legs, with RTCP BYE, and ends the thread. */
  close(): Promise<void>;
  /** Resolves when the thread has ended: null after close, else why. */
  readonly ended: Promise<string | null>;
}

/** An engine that does not end by itself within this time is ended. */
const closeMsMax = 2000;

/**
 * The engine obeys what is commanded before it reads a datagram, and each 2 ms while a leg is open; it is woken for what
 * somebody waits for, and once when so much has gathered.
 */
const unobeyedMax = 256;

/** Beside this file where it was built; from the source tree the built one is run all the same. */
const workerPlaces = [
  new URL("./media-worker.js", import.meta.url),
  new URL("../../dist/firmware/io/media-worker.js", import.meta.url),
];

export interface MediaEngineOptions {
  readonly network: MediaNetworkChoice;
  /** Tried one after another; media-worker, startTriesMax times, unless told. */
  readonly threads?: readonly URL[];
  /** thread-start's unless told. */
  readonly readyWithinMs?: number;
}

/** Rejects when the program was not built, or when the way to the network does not exist here. */
export async function startMediaEngine(options: MediaEngineOptions): Promise<MediaEngine> {
  const libc = await loadLibc();
  if (libc !== null) preferHelpersOfVoice(libc);
  const module = await compileDsp();
  const place = workerPlaces.find((url) => existsSync(url));
  if (place === undefined) throw new Error("the media worker is missing: run npm run build");
  const {
    network: choice,
    threads = Array.from({ length: startTriesMax }, () => place),
    readyWithinMs = readyMsMax,
  } = options;
  for (const thread of threads) {
    const engine = await beginThread(thread, libc, module, choice, readyWithinMs);
    if (engine !== null) return engine;
  }
  throw new Error(`the media thread did not say within ${readyWithinMs} ms that it runs, ${threads.length} times`);
}

/** Null where it did not say that it runs; it is ended then. */
async function beginThread(
  place: URL,
  libc: Libc | null,
  module: WebAssembly.Module,
  choice: MediaNetworkChoice,
  readyWithinMs: number,
): Promise<MediaEngine | null> {
  const memory = createDspMemory();
  const dsp = instantiateDsp(module, memory);
  const worker = new Worker(place, { name: "media", execArgv: [], workerData: { module, memory, network: choice } });
  const thread = new MediaThread(worker, libc, new CommandRing(dsp.memory), new EventRing(dsp.memory));
  const network = await thread.readyWithin(readyWithinMs);
  if (network === null) return null;
  return {
    network,
    legsMax: dsp.memory.map.legsMax,
    readStatistics: legStatisticsReader(dsp.memory),
    send: (command) => thread.send(command),
    onEvent: (handler) => thread.onEvent(handler),
    close: () => thread.close(),
    ended: thread.ended,
  };
}

class MediaThread {
  readonly #worker: Worker;
  readonly #libc: Libc | null;
  readonly #commands: CommandRing;
  readonly #events: EventRing;
  readonly #ready: Promise<"linux" | "portable">;
  readonly ended: Promise<string | null>;
  #handler: ((event: MediaEvent) => void) | null = null;
  #isReady = false;
  #bell: number | null = null;
  #isOver = false;

  constructor(worker: Worker, libc: Libc | null, commands: CommandRing, events: EventRing) {
    this.#worker = worker;
    this.#libc = libc;
    this.#commands = commands;
    this.#events = events;
    this.ended = this.#waitForEnd();
    this.#ready = this.#waitForReady();
  }

  /** The way to the network that was chosen; null: it did not say so in time, and was ended. */
  async readyWithin(withinMs: number): Promise<"linux" | "portable" | null> {
    const network = await firstWord(this.#worker, this.#ready, withinMs);
    if (network === null) this.#isOver = true;
    return network;
  }

  send(command: MediaCommand): boolean {
    const isUrgent = isAwaited(command) || this.#bell === null || this.#commands.waiting === unobeyedMax;
    if (this.#isOver || !this.#commands.put(command)) return false;
    if (isUrgent) this.#wake();
    return true;
  }

  onEvent(handler: (event: MediaEvent) => void): void {
    this.#handler = handler;
    this.#handOver();
  }

  async close(): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#commands.put({ kind: "shut-down" });
      this.#wake();
    }
    const deadline = setTimeout(() => void this.#worker.terminate(), closeMsMax);
    await this.ended;
    clearTimeout(deadline);
  }

  /** The superloop waits in epoll, the event loop of the portable one for a message. */
  #wake(): void {
    if (this.#bell !== null) this.#libc?.eventfd_write(this.#bell, 1);
    else if (this.#isReady) this.#worker.postMessage("commands");
  }

  #handOver(): void {
    if (this.#handler === null) return;
    for (let event = this.#events.take(); event !== null; event = this.#events.take()) this.#handler(event);
  }

  #waitForReady(): Promise<"linux" | "portable"> {
    return new Promise((resolve, reject) => {
      this.#worker.on("message", (message: unknown) => {
        if (message === "events") this.#handOver();
        const ready = readReady(message);
        if (ready === null) return;
        this.#isReady = true;
        this.#bell = ready.bell;
        resolve(ready.network);
      });
      void this.ended.then((reason) => reject(new Error(reason ?? "the media engine ended before it began")));
    });
  }

  #waitForEnd(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#worker.once("error", (error: unknown) => {
        this.#isOver = true;
        resolve(error instanceof Error ? error.message : String(error));
      });
      this.#worker.once("exit", () => {
        const wasAsked = this.#isOver;
        this.#isOver = true;
        resolve(wasAsked ? null : "the media engine's thread ended");
      });
    });
  }
}

/** What the worker says when it is about to loop: by which way, and where it is woken. */
function readReady(message: unknown): { readonly network: "linux" | "portable"; readonly bell: number | null } | null {
  if (typeof message !== "object" || message === null || !("network" in message) || !("bell" in message)) return null;
  const { network, bell } = message;
  if (network === "portable") return { network, bell: null };
  return network === "linux" && typeof bell === "number" ? { network, bell } : null;
}

function isAwaited(command: MediaCommand): boolean {
  return (command.kind === "open" && command.isAwaited) || (command.kind === "modify" && command.token !== null);
}
