import { randomInt } from "node:crypto";
import type { Address } from "#protocol/address.js";
import { type ParseResult, parsed } from "#protocol/parse-result.js";
import type { HandsetCounts } from "../phone/handset.js";
import type { StationEvent, StationMoment } from "../phone/phone-event.js";
import { type StationTurn, TelephoneStation } from "../phone/station.js";
import type { TelephoneEvent, TelephoneOptions } from "../phone/telephone.js";
import { DeadlineTimer } from "./deadline-timer.js";
import { monotonicMs } from "./monotonic-clock.js";
import type { PhoneRecording } from "./phone-recording.js";
import type { StationEars, StationSound } from "./phone-sound.js";
import { openUdpSocket, type UdpSocket } from "./udp-socket.js";

/** After hanging up at the end, the gateway's answer to BYE and the sound's figures are waited for so long. */
const farewellMaxMs = 1000;

export type StationListener = (event: StationEvent, at: StationMoment) => void;

/** A telephone station with a socket for SIP, a timer, its share of the sound, and a recording of what it hears. */
export class RunningStation {
  readonly #station: TelephoneStation;
  readonly #recording: PhoneRecording | null;
  readonly #listener: StationListener;
  readonly #timer: DeadlineTimer;
  #socket: UdpSocket | null = null;
  /** Null: nothing is heard and nobody can call. */
  #sound: StationSound | null = null;
  #isLifted = false;
  /** The end of a call that had sound waits for its figures, and what came after waits for it. */
  readonly #untold: { readonly event: TelephoneEvent; readonly at: StationMoment; readonly hadSound: boolean }[] = [];
  #settled: (() => void) | null = null;
  #isClosed = false;

  constructor(options: TelephoneOptions, recording: PhoneRecording | null, listener: StationListener) {
    this.#station = new TelephoneStation(options, () => randomInt(2 ** 32) / 2 ** 32);
    this.#recording = recording;
    this.#listener = listener;
    this.#timer = new DeadlineTimer(() => this.#perform(this.#station.tick(monotonicMs())));
  }

  get number(): string {
    return this.#station.number;
  }

  /** Where it takes SIP. */
  get address(): Address {
    return this.#station.address;
  }

  /** It takes calls as soon as it has a sound. */
  async open(): Promise<ParseResult<null>> {
    const socket = await openUdpSocket(this.address, (bytes, from) => {
      if (this.#sound !== null) this.#perform(this.#station.receive(bytes, from, monotonicMs()));
    });
    if (!socket.ok) return socket;
    this.#socket = socket.value;
    return parsed(null);
  }

  get ears(): StationEars {
    return {
      heard: (samples) => this.#recording?.add(samples),
      replaced: (counts) => this.#tellEnd(counts),
    };
  }

  useSound(sound: StationSound): void {
    this.#sound = sound;
  }

  dial(to: string): void {
    this.#perform(this.#station.dial(to, monotonicMs()));
  }

  answer(): void {
    this.#perform(this.#station.answer(monotonicMs()));
  }

  hangUp(): void {
    this.#perform(this.#station.hangUp(monotonicMs()));
  }

  /** Hangs up, waits for the gateway to know it, closes the recording. */
  async close(): Promise<void> {
    this.hangUp();
    await this.#farewell();
    this.#isClosed = true;
    this.#timer.stop();
    await this.#socket?.close();
    this.#recording?.close();
  }

  get #isSettled(): boolean {
    return this.#station.isSettled && this.#untold.length === 0;
  }

  #farewell(): Promise<void> {
    if (this.#isSettled) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = setTimeout(resolve, farewellMaxMs);
      this.#settled = () => {
        clearTimeout(giveUp);
        resolve();
      };
    });
  }

  #perform(turn: StationTurn): void {
    if (this.#isClosed) return;
    const at = now();
    for (const { bytes, to } of turn.sends) this.#socket?.send(bytes, to);
    for (const event of turn.events) {
      this.#untold.push({ event, at, hadSound: event.kind === "hung-up" && this.#isLifted });
      this.#follow(event);
    }
    this.#tell();
    this.#timer.arm(this.#station.next());
    if (this.#isSettled) this.#settled?.();
  }

  /** The handset goes with the telephone. */
  #follow(event: TelephoneEvent): void {
    if (event.kind === "talking") {
      this.#sound?.lift(event.remote);
      this.#isLifted = true;
    } else if (event.kind === "hung-up" && this.#isLifted) {
      this.#sound?.replace();
      this.#isLifted = false;
    }
  }

  #tell(): void {
    for (let [first] = this.#untold; first !== undefined && !first.hadSound; [first] = this.#untold) {
      this.#untold.shift();
      this.#listener({ ...first.event, sound: null }, first.at);
    }
  }

  #tellEnd(sound: HandsetCounts | null): void {
    this.#recording?.finish();
    const ended = this.#untold.shift();
    if (ended !== undefined) this.#listener({ ...ended.event, sound }, ended.at);
    this.#tell();
    if (this.#isSettled) this.#settled?.();
  }
}

/** Both clocks at this moment. */
export function now(): StationMoment {
  return { nowMs: monotonicMs(), wallMs: Date.now() };
}
