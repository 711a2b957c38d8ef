/**
 * An onlooker who is told what telephones were told, what was killed and what was stopped, in the order of time, and sees
 * no server's mind: it knows which calls were answered and how they ended, and says which of the promises about them was
 * broken. Where the telephones are, in a simulation or in processes of their own, is not its business.
 */
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";

/** What a telephone said of itself. */
export interface TelephoneSight {
  readonly number: string;
  readonly kind: string;
  /** Who answered or hung up: near, far … */
  readonly by: string | null;
  /** Who makes it ring, or whom it calls. */
  readonly other: string | null;
  readonly atMs: number;
}

export interface WitnessOptions {
  readonly numbers: readonly string[];
  /** Of a telephone: which gateway it hangs on. */
  readonly gatewayOf: (number: string) => number;
  /** What a gateway that dies may forget of a call. */
  readonly checkpointMs: number;
}

export interface SeenCall {
  readonly caller: string;
  readonly called: string;
  readonly answeredAtMs: number;
  /** The caller had left: nobody is owed a record, but the called one may be billed until it is told. */
  readonly isBelated: boolean;
  /** Somebody put the handset down, or a gateway died with it. */
  endedAtMs: number | null;
  /** Both talked to each other. */
  wasUp: boolean;
  /** A gateway of it died. */
  crashedAtMs: number | null;
  /** When the last of its telephones that died did so: a gateway finds out when it asks it. */
  abandonedAtMs: number | null;
  /** Telephones that died in it, or hung up before the answer; what they do now is another call. */
  readonly gone: Set<string>;
  /** The last of the two was off the call. */
  overAtMs: number | null;
}

interface Stop {
  readonly gateway: number;
  readonly fromMs: number;
  untilMs: number;
}

type Hook = "on-hook" | "calling" | "ringing" | "talking";

const hookAfter: Readonly<Record<string, Hook>> = {
  dialling: "calling",
  ringing: "ringing",
  talking: "talking",
  "hung-up": "on-hook",
};

/** An answer that crosses a hang-up or a crash need not have reached the gateway. */
const crossingMs = 300;
const billedWithinMs = 1_000;
/** What waited for a gateway that was stopped is taken one after the other. */
const wakingMs = 2_000;
/** A telephone in a call is asked every 30 s whether it still is, and given up after 32 s without an answer. */
const abandonedMsMax = 62_000 + billedWithinMs;

export class CallWitness {
  readonly broken: string[] = [];
  readonly calls: SeenCall[] = [];
  readonly #options: WitnessOptions;
  readonly #hooks = new Map<string, Hook>();
  /** Whom each called last. */
  readonly #calling = new Map<string, string>();
  readonly #dead = new Set<number>();
  readonly #stops: Stop[] = [];
  /** Whom it rings for, by the called number. */
  readonly #dialled = new Map<string, string>();
  /** Those whose telephone died since they called, whether they had hung up or not: their gateways do not know it. */
  readonly #lost = new Set<string>();
  /** Those last rung, or heard to call, by a gateway that has not died since. */
  readonly #known = new Set<string>();

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  saw({ number, kind, by, other, atMs }: TelephoneSight): void {
    const hook = hookAfter[kind];
    if (hook !== undefined) this.#hooks.set(number, hook);
    if (kind === "dialling") this.#calling.set(number, other ?? "");
    if (kind === "dialling") this.#lost.delete(number);
    if (kind === "ringing") this.#dialled.set(number, this.#callerOf(number, other ?? ""));
    if (kind === "dialling" || kind === "ringing") this.#known.add(number);
    if (kind === "answered" && by === "near") this.#answer(number, atMs);
    if (kind === "talking") this.#talks(number);
    if (kind === "hung-up") this.#hungUp(number, by, atMs);
  }

  gatewayDied(gateway: number, atMs: number): void {
    const { numbers, gatewayOf } = this.#options;
    this.#dead.add(gateway);
    for (const number of numbers) if (gatewayOf(number) === gateway) this.#known.delete(number);
    for (const call of this.calls) {
      if (!this.#gatewaysOf(call).includes(gateway) || call.overAtMs !== null) continue;
      call.crashedAtMs ??= atMs;
      call.endedAtMs ??= atMs;
    }
  }

  gatewayStarted(gateway: number): void {
    this.#dead.delete(gateway);
  }

  /** What reaches it meanwhile it takes for new when it wakes up. */
  gatewayStopped(gateway: number, fromMs: number): void {
    this.#stops.push({ gateway, fromMs, untilMs: Number.POSITIVE_INFINITY });
  }

  gatewayWoke(gateway: number, atMs: number): void {
    const stop = this.#stops.findLast((one) => one.gateway === gateway);
    if (stop !== undefined) stop.untilMs = atMs + wakingMs;
  }

  /** Nobody hung up: the far one talks to silence until its gateway or its user has enough. */
  telephoneDied(number: string, atMs: number): void {
    const call = this.#openCallOf(number);
    const wasInCall = this.#hooks.get(number) === "talking";
    this.#lost.add(number);
    this.#hooks.set(number, "on-hook");
    if (call === undefined || !wasInCall) return;
    call.abandonedAtMs = atMs;
    call.gone.add(number);
    if (!this.#isIn(call, otherOf(call, number))) call.overAtMs = atMs;
  }

  /** Every call that was answered has one record, off by no more than was promised; and nothing else has one. */
  unbilled(records: readonly CallDetailRecord[], wallAtZeroMs: number): string[] {
    const left = [...records];
    const wrong: string[] = [];
    for (const call of this.calls) {
      const name = `${call.caller} to ${call.called}, answered at ${Math.round(call.answeredAtMs)}`;
      const { leastMs, mostMs, isOwed, lateMs } = this.#due(call);
      const isClosest = (record: CallDetailRecord) =>
        isOf(record, call) &&
        Math.abs((record.answer?.wallMs ?? 0) - wallAtZeroMs - call.answeredAtMs) <= 2 * billedWithinMs + lateMs;
      const place = left.findIndex(isClosest);
      if (place < 0) {
        if (isOwed) wrong.push(`${name}: no record of ${JSON.stringify(call)}`);
        continue;
      }
      const [record] = left.splice(place, 1);
      const billedMs = record?.duration?.ms ?? Number.NaN;
      if (!(billedMs >= leastMs && billedMs <= mostMs)) {
        const due = `not ${Math.round(leastMs)} to ${Math.round(mostMs)}`;
        wrong.push(`${name}: ${billedMs} ms billed, ${due}, ${JSON.stringify(record)}`);
      }
    }
    for (const record of left) wrong.push(`a record of no call: ${JSON.stringify(record)}`);
    return wrong;
  }

  /** Between what and what a call may be billed. */
  #due(call: SeenCall) {
    const { checkpointMs } = this.#options;
    const { answeredAtMs, endedAtMs, abandonedAtMs, crashedAtMs, wasUp, isBelated, overAtMs } = call;
    const latestMs = endedAtMs ?? (abandonedAtMs === null ? Number.POSITIVE_INFINITY : abandonedAtMs + abandonedMsMax);
    const earliestMs = Math.min(latestMs, abandonedAtMs ?? latestMs);
    const lateMs = this.#lateMs(call, answeredAtMs);
    const isCrashed = crashedAtMs !== null;
    const lastMs = isBelated ? (overAtMs ?? Number.POSITIVE_INFINITY) : latestMs;
    const mostMs = lastMs - answeredAtMs + this.#lateMs(call, lastMs) + billedWithinMs;
    return {
      lateMs,
      isOwed: earliestMs - answeredAtMs - lateMs > crossingMs,
      leastMs: earliestMs - answeredAtMs - lateMs - billedWithinMs - (isCrashed ? checkpointMs : 0),
      // A half that was never connected is in no journal: that its gateway died with it nobody can tell.
      mostMs: isCrashed && !wasUp ? Number.POSITIVE_INFINITY : mostMs,
    };
  }

  /** How much later than it happened a gateway of the call, stopped in that moment, may have taken it for. */
  #lateMs(call: SeenCall, atMs: number): number {
    const gateways = this.#gatewaysOf(call);
    const hit = this.#stops.filter(
      ({ gateway, fromMs, untilMs }) => gateways.includes(gateway) && fromMs - crossingMs <= atMs && atMs <= untilMs,
    );
    return Math.max(0, ...hit.map(({ untilMs }) => untilMs - atMs));
  }

  #gatewaysOf({ caller, called }: SeenCall): readonly number[] {
    return [caller, called].map(this.#options.gatewayOf);
  }

  #isOnHook(number: string): boolean {
    return (this.#hooks.get(number) ?? "on-hook") === "on-hook";
  }

  #openCallOf(number: string): SeenCall | undefined {
    return this.calls.findLast(
      ({ caller, called, overAtMs, gone }) =>
        overAtMs === null && (caller === number || called === number) && !gone.has(number),
    );
  }

  /** One that is rung again by a server that took over need not be told who calls. */
  #callerOf(called: string, told: string): string {
    const { numbers } = this.#options;
    if (numbers.includes(told)) return told;
    const isCalling = (number: string) => !this.#isOnHook(number) && this.#calling.get(number) === called;
    return numbers.find(isCalling) ?? this.#dialled.get(called) ?? called;
  }

  /**
   * At a gateway that is dead nobody is answered, nor at one that was started again while the telephone rang on: only the
   * dead one knew of the call, so nothing is connected, and it is in no journal and can be in no record. Who called from
   * such a gateway is not connected any more, though the other one may answer; nor is who has hung up.
   */
  #answer(called: string, atMs: number): void {
    if (this.#dead.has(this.#options.gatewayOf(called)) || !this.#known.has(called)) return;
    const caller = this.#dialled.get(called) ?? "nobody";
    const isThere = this.#hooks.get(caller) === "calling" && this.#calling.get(caller) === called;
    const isCrashed = isThere && !this.#known.has(caller);
    const isLost = this.#lost.has(caller) && this.#calling.get(caller) === called;
    this.calls.push({
      caller,
      called,
      answeredAtMs: atMs,
      isBelated: !isThere && !isLost,
      endedAtMs: (isThere && !isCrashed) || isLost ? null : atMs,
      wasUp: false,
      crashedAtMs: isCrashed ? atMs : null,
      abandonedAtMs: isLost ? atMs : null,
      gone: new Set(isThere ? [] : [caller]),
      overAtMs: null,
    });
  }

  #talks(number: string): void {
    const call = this.#openCallOf(number);
    if (call === undefined || call.endedAtMs !== null) return;
    call.wasUp ||= [call.caller, call.called].every((party) => this.#hooks.get(party) === "talking");
  }

  #hungUp(number: string, by: string | null, atMs: number): void {
    const call = this.#openCallOf(number);
    if (call === undefined) return;
    if (by !== "near" && call.endedAtMs === null && call.abandonedAtMs === null && call.wasUp) {
      this.broken.push(
        `at ${Math.round(atMs)} the call of ${call.caller} to ${call.called} was ended, and by neither of them`,
      );
    }
    call.endedAtMs ??= atMs;
    if (!this.#isIn(call, otherOf(call, number))) call.overAtMs = atMs;
  }

  #isIn({ gone }: SeenCall, number: string): boolean {
    return this.#hooks.get(number) === "talking" && !gone.has(number);
  }
}

function otherOf({ caller, called }: SeenCall, number: string): string {
  return caller === number ? called : caller;
}

function isOf({ callingNumber, calledNumber }: CallDetailRecord, call: SeenCall): boolean {
  return callingNumber === call.caller && calledNumber === call.called;
}
