/**
 * The stations on the gateway's lines: which leg carries each one's audio, and what a hook or a signal means for it.
 *
 *     closed ──off-hook──► opening ──engine: opened──► open ──on-hook──► closed
 *            ──ring────► opening ──opened──► (the phone is rung with the leg's port)
 *
 * What the phones say on the wire is lines/sip-phone's; the connections towards other gateways are call-control's.
 */
import type { Coding, LineEventKind } from "#protocol/active-connection.js";
import type { MediaDescription } from "#protocol/sdp.js";
import type { SipOutput } from "#protocol/sip/sip-output.js";
import { commonCoding, type LineEvent } from "../lines/line.js";
import type { LineTurn, SipPhones } from "../lines/sip-phone.js";
import type { LegNumber, MediaCommand, MediaEvent } from "../media/media-port.js";
import type { LegLease, LegPool } from "./leg-pool.js";

export interface StationOptions {
  /** Endpoint name, `aaln/1`. */
  readonly line: string;
  /** The number of the station. */
  readonly number: string;
}

export interface StationMedia {
  /** IP literal the station legs are bound to. */
  readonly address: string;
  readonly dscp: number;
  readonly cname: string;
  /** What stations are offered, the preferred first. */
  readonly codings: readonly Coding[];
  readonly openTriesMax: number;
}

/** What a station hears of a connection. */
export interface Coupling {
  readonly source: LegNumber;
  readonly hears: boolean;
}

export type StationOutput =
  | { readonly kind: "media"; readonly command: MediaCommand }
  | { readonly kind: "sip"; readonly output: SipOutput }
  | {
      readonly kind: "line-event";
      readonly line: string;
      readonly event: LineEventKind;
      /** With off-hook: the number the station sent along, all at once. */
      readonly dialled: string | null;
    }
  /** The station, off-hook, sent a DTMF digit as a tone. */
  | { readonly kind: "digit"; readonly line: string; readonly digit: string }
  /** The station's leg came or went: the connection on the line has to be coupled anew. */
  | { readonly kind: "recouple"; readonly line: string }
  | { readonly kind: "trouble"; readonly line: string; readonly reason: string };

export type Hook = "on-hook" | "ringing" | "off-hook";

type Audio =
  | { readonly name: "closed" }
  | { readonly name: "opening"; readonly lease: LegLease; readonly tries: number }
  | { readonly name: "open"; readonly lease: LegLease };

interface Station {
  readonly options: StationOptions;
  hook: Hook;
  audio: Audio;
  /** The station that went off-hook by itself; a rung one is not originating. */
  originates: boolean;
  address: string | null;
  device: string;
  remote: MediaDescription | null;
  ringFrom: string | null;
  answerWhenOpen: boolean;
  connected: boolean;
  coupling: Coupling | null;
}

export class LineStations {
  readonly #stations = new Map<string, Station>();
  readonly #phones: SipPhones;
  readonly #pool: LegPool;
  readonly #media: StationMedia;

  constructor(lines: readonly StationOptions[], phones: SipPhones, pool: LegPool, media: StationMedia) {
    this.#phones = phones;
    this.#pool = pool;
    this.#media = media;
    for (const options of lines) this.#stations.set(options.line, idleStation(options));
  }

  hook(line: string): Hook {
    return this.#stations.get(line)?.hook ?? "on-hook";
  }

  /** The leg that carries the station's audio, once it is open. */
  leg(line: string): LegNumber | null {
    const audio = this.#stations.get(line)?.audio;
    return audio?.name === "open" ? audio.lease.leg : null;
  }

  /** The station that went off-hook first, as far as this gateway can tell: null when it was rung or is idle. */
  originator(line: string): { device: string; address: string | null } | null {
    const station = this.#stations.get(line);
    if (station === undefined || station.hook !== "off-hook" || !station.originates) return null;
    return { device: station.device, address: station.address };
  }

  /** Signal L/rg. The phone is rung when its leg has a port to offer. */
  ring(line: string, callerNumber: string, nowMs: number): StationOutput[] {
    const station = this.#stations.get(line);
    if (station === undefined || station.hook !== "on-hook") return [];
    station.hook = "ringing";
    station.originates = false;
    station.ringFrom = callerNumber;
    return this.#open(station, nowMs);
  }

  stopRinging(line: string, nowMs: number): StationOutput[] {
    const station = this.#stations.get(line);
    if (station?.hook !== "ringing") return [];
    return [...this.#fromPhones(this.#phones.stopRinging(line, nowMs), nowMs), ...this.#hangUp(station)];
  }

  /** Signal G/rt or L/rt: the calling station is told that the far one rings. */
  ringback(line: string, nowMs: number): StationOutput[] {
    const station = this.#stations.get(line);
    if (station?.hook !== "off-hook" || station.connected) return [];
    return this.#fromPhones(this.#phones.ringback(line, nowMs), nowMs);
  }

  /** The call is answered: a station that called is told so, with the port of its leg. */
  connect(line: string, nowMs: number): StationOutput[] {
    const station = this.#stations.get(line);
    if (station?.hook !== "off-hook" || station.connected) return [];
    const audio = station.audio;
    if (audio.name !== "open") {
      station.answerWhenOpen = true;
      return [];
    }
    station.connected = true;
    const answer = this.#description(station, audio.lease);
    return this.#fromPhones(this.#phones.connect(line, answer, nowMs), nowMs);
  }

  /** The call is over for this station: BYE, or a refusal when it was never answered. */
  release(line: string, nowMs: number): StationOutput[] {
    const station = this.#stations.get(line);
    if (station?.hook === "ringing") return this.stopRinging(line, nowMs);
    if (station?.hook !== "off-hook") return [];
    return this.#fromPhones(this.#phones.release(line, nowMs), nowMs);
  }

  /** Sets what the station hears; null: no connection. */
  couple(line: string, coupling: Coupling | null): StationOutput[] {
    const station = this.#stations.get(line);
    if (station === undefined) return [];
    station.coupling = coupling;
    return this.#modify(station);
  }

  fromPhones(turn: LineTurn, nowMs: number): StationOutput[] {
    return this.#fromPhones(turn, nowMs);
  }

  /** Null when the leg is none of a station's. */
  mediaEvent(event: MediaEvent, nowMs: number): StationOutput[] | null {
    if (event.kind === "digit") return this.#digit(event.leg, event.generation, event.digit);
    if (event.kind !== "opened" && event.kind !== "open-failed") return null;
    for (const station of this.#stations.values()) {
      const audio = station.audio;
      if (audio.name !== "opening" || audio.lease.generation !== event.generation) continue;
      return event.kind === "opened"
        ? this.#opened(station, audio.lease, nowMs)
        : this.#openFailed(station, audio.lease, audio.tries, event.reason, nowMs);
    }
    return null;
  }

  #digit(leg: LegNumber, generation: number, digit: string): StationOutput[] | null {
    for (const { options, hook, audio } of this.#stations.values()) {
      if (audio.name !== "open" || audio.lease.leg !== leg || audio.lease.generation !== generation) continue;
      return hook === "off-hook" ? [{ kind: "digit", line: options.line, digit }] : [];
    }
    return null;
  }

  #fromPhones(turn: LineTurn, nowMs: number): StationOutput[] {
    const outputs = this.#sip(turn);
    for (const event of turn.events) outputs.push(...this.#lineEvent(event, nowMs));
    return outputs;
  }

  #sip({ sip }: LineTurn): StationOutput[] {
    return sip.map((output) => ({ kind: "sip", output }));
  }

  #lineEvent(event: LineEvent, nowMs: number): StationOutput[] {
    const station = this.#stations.get(event.line);
    if (station === undefined) return [];
    switch (event.kind) {
      case "off-hook": {
        // Its bell waits for a port: glare, as if it rang already. It is no answer to the call that is coming.
        if (station.hook === "ringing") return this.#sip(this.#phones.release(event.line, nowMs));
        station.hook = "off-hook";
        station.originates = true;
        station.device = event.device;
        station.address = event.address;
        station.remote = event.media;
        return [
          ...this.#open(station, nowMs),
          { kind: "line-event", line: event.line, event: "off-hook", dialled: event.dialled },
        ];
      }
      case "answered": {
        station.hook = "off-hook";
        station.connected = true;
        station.remote = event.media;
        return [...this.#modify(station), { kind: "line-event", line: event.line, event: "answer", dialled: null }];
      }
      case "media":
        station.remote = event.media;
        return this.#modify(station);
      case "on-hook": {
        const wasOffHook = station.hook === "off-hook";
        const outputs = this.#hangUp(station);
        if (wasOffHook) outputs.push({ kind: "line-event", line: event.line, event: "on-hook", dialled: null });
        return outputs;
      }
      case "unreachable":
        return [...this.#hangUp(station), { kind: "trouble", line: event.line, reason: event.reason }];
    }
  }

  #open(station: Station, nowMs: number): StationOutput[] {
    if (station.audio.name !== "closed") return [];
    const lease = this.#pool.takeUnready(this.#media);
    if (lease === null) {
      const line = station.options.line;
      return [...this.release(line, nowMs), { kind: "trouble", line, reason: "no media leg is free" }];
    }
    station.audio = { name: "opening", lease, tries: 1 };
    return [this.#openCommand(station, lease)];
  }

  #openCommand(station: Station, lease: LegLease): StationOutput {
    const { address, dscp, cname } = this.#media;
    const local = { address, port: lease.port };
    const settings = this.#settings(station);
    return {
      kind: "media",
      command: {
        kind: "open",
        leg: lease.leg,
        generation: lease.generation,
        local,
        dscp,
        cname,
        isAwaited: true,
        settings,
      },
    };
  }

  #opened(station: Station, lease: LegLease, nowMs: number): StationOutput[] {
    const line = station.options.line;
    station.audio = { name: "open", lease };
    const outputs: StationOutput[] = [{ kind: "recouple", line }];
    if (station.hook === "ringing" && station.ringFrom !== null) {
      const offer = this.#description(station, lease);
      outputs.push(...this.#fromPhones(this.#phones.ring(line, offer, station.ringFrom, nowMs), nowMs));
    }
    if (station.answerWhenOpen) outputs.push(...this.connect(line, nowMs));
    return outputs;
  }

  #openFailed(station: Station, lease: LegLease, tries: number, reason: string, nowMs: number): StationOutput[] {
    const another = tries < this.#media.openTriesMax ? this.#pool.exchangePort(lease) : null;
    if (another !== null) {
      station.audio = { name: "opening", lease: another, tries: tries + 1 };
      return [this.#openCommand(station, another)];
    }
    this.#pool.giveBack(lease);
    station.audio = { name: "closed" };
    const line = station.options.line;
    return [...this.release(line, nowMs), { kind: "trouble", line, reason: `no media port: ${reason}` }];
  }

  #hangUp(station: Station): StationOutput[] {
    const outputs: StationOutput[] = [];
    const audio = station.audio;
    if (audio.name !== "closed") {
      const { leg, generation } = audio.lease;
      outputs.push({ kind: "media", command: { kind: "close", leg, generation, keepsPorts: false } });
      this.#pool.giveBack(audio.lease);
    }
    Object.assign(station, idleStation(station.options));
    outputs.push({ kind: "recouple", line: station.options.line });
    return outputs;
  }

  #modify(station: Station): StationOutput[] {
    if (station.audio.name === "closed") return [];
    const { leg, generation } = station.audio.lease;
    return [
      { kind: "media", command: { kind: "modify", leg, generation, token: null, settings: this.#settings(station) } },
    ];
  }

  #settings(station: Station) {
    const wanted = this.#media.codings[0] ?? null;
    const agreed = station.remote === null ? null : commonCoding(this.#media.codings, station.remote.codings);
    // On hold (RFC 3264 section 8.4), or not described yet: then nobody may speak in its stead.
    const direction = station.remote?.direction ?? "inactive";
    const theyReceive = direction === "sendrecv" || direction === "recvonly";
    const theySend = direction === "sendrecv" || direction === "sendonly";
    return {
      sendCoding: agreed,
      receiveCoding: agreed ?? wanted,
      relay: null,
      remote: station.remote?.media ?? null,
      learnsPort: true,
      sends: theyReceive && (station.coupling?.hears ?? false),
      // Its digits are heard whatever the mode of a connection; that decides what is sent on.
      receives: theySend,
      detectsDigits: true,
      source: station.coupling?.source ?? null,
    };
  }

  /** Offer to a rung station, or answer to one that called: then only what both can. */
  #description(station: Station, lease: LegLease): MediaDescription {
    const { remote } = station;
    const agreed = remote === null ? null : commonCoding(this.#media.codings, remote.codings);
    return {
      sessionId: String(lease.generation),
      sessionVersion: "1",
      media: { address: this.#media.address, port: lease.port },
      codings: agreed === null ? this.#media.codings : [agreed],
      telephoneEventPayloadType: null,
      formatParameters: [],
      direction: "sendrecv",
    };
  }
}

function idleStation(options: StationOptions): Station {
  return {
    options,
    hook: "on-hook",
    audio: { name: "closed" },
    originates: false,
    address: null,
    device: options.number,
    remote: null,
    ringFrom: null,
    answerWhenOpen: false,
    connected: false,
    coupling: null,
  };
}
