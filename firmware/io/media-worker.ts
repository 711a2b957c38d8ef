/**
 * The media engine's thread. On Linux a superloop: it sleeps in epoll_wait, or with many legs until its bell rings, and
 * the thread's own event loop never runs. Elsewhere the event loop: datagrams, a bell for commands, an absolute timer.
 */
import { randomInt } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { Engine } from "../media/engine.js";
import { CommandRing, EventRing } from "../media/engine-rings.js";
import type { MediaNetwork } from "../media/media-network.js";
import { type Dsp, instantiateDsp } from "./dsp-module.js";
import { type Libc, loadLibc } from "./libc.js";
import { LinuxMediaNetwork } from "./media-linux.js";
import { PortableMediaNetwork } from "./media-portable.js";
import { monotonicMs } from "./monotonic-clock.js";
import { preferVoice } from "./voice-priority.js";

/** With more legs than this the loop wakes on the grid of the wheel, 2 ms, instead of for each packet. */
const eventDrivenLegsMax = 64;
/** With no leg open: so often the thread looks up, for a dying process and for commands that are in no hurry. */
const idleWaitMs = 500;
const randomSteps = 2 ** 47;

interface EngineThread {
  readonly engine: Engine;
  /** Tells the other side when there are new events. */
  readonly ringBell: () => void;
}

function startEngine(dsp: Dsp, network: MediaNetwork): EngineThread {
  const commands = new CommandRing(dsp.memory);
  const events = new EventRing(dsp.memory);
  const random = () => randomInt(randomSteps) / randomSteps;
  const wallAtZeroMs = Date.now() - monotonicMs();
  const engine = new Engine({ ...dsp, network, random, wallAtZeroMs, commands, events });
  engine.warmUp();
  let told = 0;
  const ringBell = () => {
    if (events.eventsPut === told) return;
    told = events.eventsPut;
    parentPort?.postMessage("events");
  };
  return { engine, ringBell };
}

function runLinux(dsp: Dsp, libc: Libc): void {
  preferVoice(libc);
  const network = new LinuxMediaNetwork(libc, dsp.memory);
  const { engine, ringBell } = startEngine(dsp, network);
  parentPort?.postMessage({ network: "linux", bell: network.bell });
  for (;;) {
    engine.turn(monotonicMs());
    ringBell();
    if (engine.isShutDown) return;
    const nextMs = engine.next();
    if (nextMs === null) network.poll(engine, idleWaitMs);
    else if (engine.legCount <= eventDrivenLegsMax)
      network.poll(engine, Math.max(0, Math.ceil(nextMs - monotonicMs())));
    else {
      network.waitForBell(Math.max(0, nextMs - monotonicMs()));
      network.poll(engine, 0);
    }
  }
}

function runPortable(dsp: Dsp, libc: Libc | null): void {
  const network = new PortableMediaNetwork(libc, dsp.memory);
  const { engine, ringBell } = startEngine(dsp, network);
  network.receiveInto(engine);
  let timer: NodeJS.Timeout | undefined;
  const turn = () => {
    engine.turn(monotonicMs());
    ringBell();
    clearTimeout(timer);
    const nextMs = engine.next();
    if (engine.isShutDown) parentPort?.close();
    else if (nextMs !== null) timer = setTimeout(turn, Math.max(0, Math.ceil(nextMs - monotonicMs())));
  };
  parentPort?.on("message", turn);
  parentPort?.postMessage({ network: "portable", bell: null });
}

/** What media-engine hands over. */
function readStart(data: unknown): {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly network: unknown;
} {
  if (typeof data === "object" && data !== null && "module" in data && "memory" in data && "network" in data) {
    const { module, memory, network } = data;
    if (module instanceof WebAssembly.Module && memory instanceof WebAssembly.Memory)
      return { module, memory, network };
  }
  throw new Error("the media worker was not started by media-engine");
}

const start = readStart(workerData);
const dsp = instantiateDsp(start.module, start.memory);
const libc = await loadLibc();
if (start.network === "portable" || (start.network === "auto" && libc === null)) runPortable(dsp, libc);
else if (libc !== null) runLinux(dsp, libc);
else throw new Error("network linux: this is not Linux, or koffi does not load here");
