import { randomInt } from "node:crypto";
import type { Address } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import {
  type StationEvent,
  type StationMoment,
  type StationOptions,
  type StationPort,
  type StationTurn,
  stationPorts,
  TelephoneStation,
} from "../phone/station.js";
import { DeadlineTimer } from "./deadline-timer.js";
import type { Libc } from "./libc.js";
import { monotonicMs } from "./monotonic-clock.js";
import type { PhoneRecording } from "./phone-recording.js";
import { openSoundSocket } from "./phone-sound-socket.js";
import { openUdpSocket, type UdpSocket } from "./udp-socket.js";

/** After hanging up at the end, the gateway's answer to BYE is waited for so long. */
const farewellMaxMs = 1000;

export type StationListener = (event: StationEvent, at: StationMoment) => void;

/** A telephone station with sockets for its three ports, a timer, and a recording of what it hears. */
export class RunningStation {
  readonly #station: TelephoneStation;
  readonly #recording: PhoneRecording | null;
  readonly #listener: StationListener;
  readonly #sockets = new Map<StationPort, UdpSocket>();
  readonly #timer: DeadlineTimer;
  #settled: (() => void) | null = null;
  #isClosed = false;

  constructor(options: StationOptions, recording: PhoneRecording | null, listener: StationListener) {
    this.#station = new TelephoneStation(options, () => randomInt(2 ** 32) / 2 ** 32);
    this.#recording = recording;
    this.#listener = listener;
    // A late timer first lets the sockets be read: packets that arrived in time are then played, not counted late.
    this.#timer = new DeadlineTimer(() => setImmediate(() => this.#perform(this.#station.tick(now()))));
  }

  get number(): string {
    return this.#station.number;
  }

  /** Where it takes SIP. */
  get address(): Address {
    return this.#station.address;
  }

  /** libc: null where it cannot be called; the sound is then not marked. */
  async open(addresses: Readonly<Record<StationPort, Address>>, libc: Libc | null): Promise<ParseResult<null>> {
    for (const port of stationPorts) {
      const receive = (bytes: Uint8Array, from: Address) => {
        this.#perform(this.#station.receive(port, bytes, from, now()));
      };
      const local = addresses[port];
      const socket = await (port === "sip" ? openUdpSocket(local, receive) : openSoundSocket(libc, local, receive));
      if (!socket.ok) {
        await this.#closeSockets();
        return refused(socket.reason);
      }
      this.#sockets.set(port, socket.value);
    }
    return parsed(null);
  }

  dial(to: string): void {
    this.#perform(this.#station.dial(to, now()));
  }

  answer(): void {
    this.#perform(this.#station.answer(now()));
  }

  hangUp(): void {
    this.#perform(this.#station.hangUp(now()));
  }

  /** Hangs up, waits for the gateway to know it, closes the recording. */
  async close(): Promise<void> {
    this.hangUp();
    await this.#farewell();
    this.#isClosed = true;
    this.#timer.stop();
    await this.#closeSockets();
    this.#recording?.close();
  }

  #farewell(): Promise<void> {
    if (this.#station.isSettled) return Promise.resolve();
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
    for (const { port, datagram } of turn.sends) this.#sockets.get(port)?.send(datagram.bytes, datagram.to);
    this.#recording?.add(turn.heard);
    for (const event of turn.events) {
      if (event.kind === "hung-up") this.#recording?.finish();
      this.#listener(event, at);
    }
    this.#timer.arm(this.#station.next());
    if (this.#station.isSettled) this.#settled?.();
  }

  async #closeSockets(): Promise<void> {
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
    this.#sockets.clear();
  }
}

/** Both clocks at this moment. */
export function now(): StationMoment {
  return { nowMs: monotonicMs(), wallMs: Date.now() };
}
