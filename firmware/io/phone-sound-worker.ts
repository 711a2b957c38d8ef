/**
 * The thread that carries the sound of all telephones of a program: their handsets, sockets and frame clock, and nothing
 * else, so that no signalling makes a frame late. On Linux a superloop as the media engine's (media-worker), elsewhere
 * the thread's event loop. Orders come as messages, and what was heard goes back as such.
 */
import { randomInt } from "node:crypto";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Address } from "#protocol/address.js";
import type { DatagramSink, MediaNetwork, NetworkMemory } from "../media/media-network.js";
import { Handset, type HandsetTurn } from "../phone/handset.js";
import { HeardPiece } from "../phone/heard-piece.js";
import { loadLibc } from "./libc.js";
import { LinuxMediaNetwork, networkScratchBytes } from "./media-linux.js";
import { PortableMediaNetwork } from "./media-portable.js";
import { monotonicMs } from "./monotonic-clock.js";
import type { SoundOrder, SoundReport, SoundStart } from "./phone-sound.js";
import { preferVoice } from "./voice-priority.js";

/** RFC 3246: expedited forwarding, as for all telephony sound (RFC 4594 section 4.1). */
const expeditedForwarding = 46;
const packetBytesMax = 2048;
/** With more handsets lifted than this the loop wakes on a grid instead of for each packet. */
const eventDrivenMax = 16;
const gridMs = 2;
/** With none lifted: so often it looks up, though nothing was ordered. */
const idleWaitMs = 500;
/** Handsets that talk to each other so long at the start find the code compiled when people do. */
const warmUpMs = 10_000;

class SoundThread implements DatagramSink {
  readonly #start: SoundStart;
  readonly #memory: NetworkMemory;
  readonly #network: MediaNetwork;
  readonly #handsets: readonly Handset[];
  readonly #pieces: readonly HeardPiece[];
  readonly #remotes: (Address | null)[];
  #isClosed = false;

  constructor(start: SoundStart, memory: NetworkMemory, network: MediaNetwork) {
    this.#start = start;
    this.#memory = memory;
    this.#network = network;
    this.#handsets = start.telephones.map(({ cname }) => newHandset(start, cname));
    this.#pieces = start.telephones.map(() => new HeardPiece());
    this.#remotes = start.telephones.map(() => null);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get liftedCount(): number {
    return this.#remotes.reduce((count, remote) => (remote === null ? count : count + 1), 0);
  }

  /** The reason why not all ports could be had, or null. */
  async open(): Promise<string | null> {
    const answers = this.#start.telephones.map(
      ({ media }, telephone) =>
        new Promise<string | null>((resolve) => {
          this.#network.open(telephone, media, expeditedForwarding, (answer) =>
            resolve(answer.ok ? null : answer.reason),
          );
        }),
    );
    return (await Promise.all(answers)).find((reason) => reason !== null) ?? null;
  }

  order(order: SoundOrder): void {
    if (order.kind === "lift") this.#lift(order.telephone, order.remote);
    else if (order.kind === "replace") this.#replace(order.telephone);
    else this.#close();
  }

  obeyCommands(): void {
    if (parentPort === null) return;
    for (;;) {
      const received: { readonly message: SoundOrder } | undefined = receiveMessageOnPort(parentPort);
      if (received === undefined) return;
      this.order(received.message);
    }
  }

  receiveOffset(): number {
    return networkScratchBytes;
  }

  receiveBytesMax(): number {
    return packetBytesMax;
  }

  rtpReceived(telephone: number, length: number, from: Address | null, nowMs: number): void {
    const at = this.receiveOffset();
    const bytes = this.#memory.bytes.subarray(at, at + Math.min(length, packetBytesMax));
    this.#handsets[telephone]?.receiveRtp(bytes, from, nowMs);
  }

  rtcpReceived(telephone: number, bytes: Uint8Array, from: Address, nowMs: number): void {
    this.#handsets[telephone]?.receiveRtcp(bytes, from, nowMs);
  }

  /** All the frames that are due. */
  turn(nowMs: number): void {
    for (const [telephone, remote] of this.#remotes.entries()) {
      if (remote !== null) this.#frames(telephone, remote, nowMs);
    }
  }

  /** When the next frame is due; null while all are on the hook. */
  next(): number | null {
    let next: number | null = null;
    for (const handset of this.#handsets) {
      const atMs = handset.next();
      if (atMs !== null && (next === null || atMs < next)) next = atMs;
    }
    return next;
  }

  #lift(telephone: number, remote: Address): void {
    this.#remotes[telephone] = remote;
    this.#network.connect(telephone, remote);
    this.#handsets[telephone]?.lift(remote, monotonicMs());
    this.#frames(telephone, remote, monotonicMs());
  }

  #replace(telephone: number): void {
    const handset = this.#handsets[telephone];
    const remote = this.#remotes[telephone] ?? null;
    if (handset === undefined || remote === null) return;
    const nowMs = monotonicMs();
    this.#frames(telephone, remote, nowMs);
    const { counts } = handset;
    for (const bytes of handset.replace(nowMs, Date.now())) this.#sendRtcp(telephone, bytes, remote);
    this.#remotes[telephone] = null;
    this.#network.connect(telephone, null);
    this.#tellHeard(telephone);
    report({ kind: "replaced", telephone, counts });
  }

  #frames(telephone: number, remote: Address, nowMs: number): void {
    const turn = this.#handsets[telephone]?.turn(nowMs, Date.now());
    if (turn === undefined || turn.heard.length === 0) return;
    this.#send(telephone, turn, remote);
    const piece = this.#pieces[telephone];
    piece?.add(turn.heard);
    if (piece?.isWhole === true) this.#tellHeard(telephone);
  }

  #send(telephone: number, { rtp, rtcp }: HandsetTurn, remote: Address): void {
    const at = networkScratchBytes + packetBytesMax;
    for (const packet of rtp) {
      this.#memory.bytes.set(packet, at);
      this.#network.sendRtp(telephone, at, packet.length, remote);
    }
    for (const bytes of rtcp) this.#sendRtcp(telephone, bytes, remote);
  }

  #sendRtcp(telephone: number, bytes: Uint8Array, remote: Address): void {
    this.#network.sendRtcp(telephone, bytes, { ...remote, port: remote.port + 1 });
  }

  #tellHeard(telephone: number): void {
    const samples = this.#pieces[telephone]?.take();
    if (samples !== undefined && samples.length > 0) report({ kind: "heard", telephone, samples });
  }

  #close(): void {
    for (const telephone of this.#handsets.keys()) {
      this.#replace(telephone);
      this.#network.close(telephone);
    }
    this.#isClosed = true;
  }
}

function newHandset({ speech, repeats }: SoundStart, cname: string): Handset {
  return new Handset({ cname, speech, repeats }, () => randomInt(2 ** 32) / 2 ** 32);
}

function report(message: SoundReport): void {
  if (message.kind === "heard") parentPort?.postMessage(message, [message.samples.buffer]);
  else parentPort?.postMessage(message);
}

function warmUp(start: SoundStart): void {
  const remote = { address: "127.0.0.1", port: 40_000 };
  const [near, far] = [newHandset(start, ""), newHandset(start, "")];
  for (const handset of [near, far]) handset.lift(remote, 0);
  for (let nowMs = 0; nowMs < warmUpMs; nowMs += 20) {
    for (const bytes of near.turn(nowMs, 0).rtp) far.receiveRtp(bytes, remote, nowMs);
    for (const bytes of far.turn(nowMs, 0).rtp) near.receiveRtp(bytes, null, nowMs);
  }
}

function runLinux(thread: SoundThread, network: LinuxMediaNetwork): void {
  for (;;) {
    thread.obeyCommands();
    if (thread.isClosed) return;
    const nextMs = thread.next();
    if (nextMs === null) network.poll(thread, idleWaitMs);
    else if (thread.liftedCount <= eventDrivenMax) network.poll(thread, Math.max(0, Math.ceil(nextMs - monotonicMs())));
    else {
      network.waitForBell(gridMs - (monotonicMs() % gridMs));
      // What came in time is read before it is played.
      network.poll(thread, 0);
    }
    thread.turn(monotonicMs());
  }
}

function runPortable(thread: SoundThread): void {
  let timer: NodeJS.Timeout | undefined;
  const arm = () => {
    clearTimeout(timer);
    const nextMs = thread.next();
    if (thread.isClosed) parentPort?.close();
    // A late timer first lets the sockets be read: what came in time is then played.
    else if (nextMs !== null) timer = setTimeout(() => setImmediate(turn), Math.max(0, nextMs - monotonicMs()));
  };
  const turn = () => {
    thread.turn(monotonicMs());
    arm();
  };
  parentPort?.on("message", (order: SoundOrder) => {
    thread.order(order);
    arm();
  });
}

const start: SoundStart = workerData;
const buffer = new SharedArrayBuffer(networkScratchBytes + 2 * packetBytesMax);
const map = { legsMax: start.telephones.length, ioScratchOffset: 0 };
const memory = { buffer, bytes: new Uint8Array(buffer), view: new DataView(buffer), map };
const libc = await loadLibc();
const network = libc === null ? new PortableMediaNetwork(null, memory) : new LinuxMediaNetwork(libc, memory);
const thread = new SoundThread(start, memory, network);
warmUp(start);
const reason = await thread.open();
if (libc !== null) preferVoice(libc);
report({ kind: "open", reason, bell: network instanceof LinuxMediaNetwork ? network.bell : null });
if (network instanceof LinuxMediaNetwork) runLinux(thread, network);
else {
  network.receiveInto(thread);
  runPortable(thread);
}
