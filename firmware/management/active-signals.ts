/**
 * The signals on one endpoint (RFC 3435 sections 2.1.7 and 2.3.3), as state and deadlines; what a signal means to the
 * station on the line is line-stations'.
 *
 *   time-out   requested ──► active ──its time──► completed (oc)
 *                               └──requested event, or not in the next list──► stopped
 *   on/off     on until switched off, whatever happens
 *   brief      one is played to its end, those behind it are pending until an event or the next list cancels them
 */
import { earliest } from "#protocol/deadlines.js";
import type { EventName } from "#protocol/mgcp/message.js";
import type { SignalEffect } from "./package-table.js";
import type { KnownSignal } from "./packages.js";

export interface RequestedSignal {
  /** With its package. */
  readonly name: EventName;
  readonly known: KnownSignal;
}

export interface SignalChange {
  readonly kind: "start" | "stop";
  readonly effect: SignalEffect;
}

interface Timed {
  readonly signal: RequestedSignal;
  readonly endsAtMs: number | null;
}

/** Brief signals that wait for the one being played; a request for more is refused (code 403). */
export const pendingBriefMax = 64;

export class ActiveSignals {
  /** On/off and time-out signals by name and connection. */
  readonly #on = new Map<string, RequestedSignal>();
  #timed = new Map<string, Timed>();
  #playing: { readonly endsAtMs: number } | null = null;
  #pending: RequestedSignal[] = [];

  /** Whether a time-out or on/off signal is on (RFC 3624, state type S). */
  get isActive(): boolean {
    return this.#timed.size > 0 || this.#on.size > 0;
  }

  /** SignalRequests as audited: active, on, and pending, with the parameters they were requested with. */
  get requested(): EventName[] {
    const timed = [...this.#timed.values()].map(({ signal }) => signal.name);
    return [...timed, ...[...this.#on.values(), ...this.#pending].map(({ name }) => name)];
  }

  /** The list replaces the time-out signals and cancels pending brief ones; what goes on is not touched. */
  apply(signals: readonly RequestedSignal[], nowMs: number): SignalChange[] {
    this.#pending = [];
    const before = this.#timed;
    this.#timed = new Map();
    const started: RequestedSignal[] = [];
    for (const signal of signals) {
      if (signal.known.row.kind === "OO") this.#switch(signal);
      else if (signal.known.row.kind === "BR") this.#play(signal, nowMs);
      if (signal.known.row.kind !== "TO") continue;
      const key = keyOf(signal.name);
      const running = before.get(key);
      if (running === undefined) started.push(signal);
      const { durationMs } = signal.known;
      this.#timed.set(key, running ?? { signal, endsAtMs: durationMs === null ? null : nowMs + durationMs });
    }
    const stopped = [...before].filter(([key]) => !this.#timed.has(key)).map(([, { signal }]) => signal);
    return [...this.#stops(stopped), ...started.map((signal): SignalChange => change("start", signal))];
  }

  /** A requested event was detected and signals are not kept. */
  stop(): SignalChange[] {
    const stopped = [...this.#timed.values()].map(({ signal }) => signal);
    this.#timed = new Map();
    this.#pending = [];
    return this.#stops(stopped);
  }

  /** The station could not do it: the names of the signals that fail (`of`). */
  fail(effect: SignalEffect): EventName[] {
    const failed = [...this.#timed].filter(([, { signal }]) => signal.known.row.effect === effect);
    for (const [key] of failed) this.#timed.delete(key);
    return failed.map(([, { signal }]) => signal.name);
  }

  /** The clean default state of an endpoint. */
  clear(): SignalChange[] {
    this.#on.clear();
    this.#playing = null;
    return this.stop();
  }

  /** completed: time-out signals whose time is over, to be reported as `oc`. */
  tick(nowMs: number): { readonly changes: SignalChange[]; readonly completed: EventName[] } {
    const done = [...this.#timed].filter(([, { endsAtMs }]) => endsAtMs !== null && endsAtMs <= nowMs);
    for (const [key] of done) this.#timed.delete(key);
    const signals = done.map(([, { signal }]) => signal);
    while (this.#playing !== null && this.#playing.endsAtMs <= nowMs) this.#playNext(this.#playing.endsAtMs);
    return { changes: this.#stops(signals), completed: signals.map(({ name }) => name) };
  }

  next(): number | null {
    return earliest(this.#playing?.endsAtMs ?? null, ...[...this.#timed.values()].map(({ endsAtMs }) => endsAtMs));
  }

  #switch(signal: RequestedSignal): void {
    const key = keyOf(signal.name);
    if (signal.name.parameters.includes("-")) this.#on.delete(key);
    else this.#on.set(key, signal);
  }

  #play(signal: RequestedSignal, nowMs: number): void {
    if (this.#playing === null) this.#playing = { endsAtMs: nowMs + (signal.known.durationMs ?? 0) };
    else this.#pending.push(signal);
  }

  #playNext(fromMs: number): void {
    const next = this.#pending.shift();
    this.#playing = next === undefined ? null : { endsAtMs: fromMs + (next.known.durationMs ?? 0) };
  }

  /** A station that another signal still rings goes on ringing. */
  #stops(stopped: readonly RequestedSignal[]): SignalChange[] {
    const still = new Set([...this.#timed.values()].map(({ signal }) => signal.known.row.effect));
    return stopped.map((signal) => change("stop", signal)).filter(({ effect }) => !still.has(effect));
  }
}

function change(kind: "start" | "stop", { known }: RequestedSignal): SignalChange {
  return { kind, effect: known.row.effect };
}

/** A signal on the endpoint and on each of its connections are signals of their own (section 2.3.3). */
export function keyOf({ packageName, event, connectionId }: EventName): string {
  return `${packageName ?? ""}/${event}@${connectionId ?? ""}`.toLowerCase();
}
