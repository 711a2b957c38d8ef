import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Handset } from "../../../firmware/phone/handset.js";
import type { StationEvent } from "../../../firmware/phone/phone-event.js";
import { type StationTurn, TelephoneStation } from "../../../firmware/phone/station.js";
import type { TelephoneEvent } from "../../../firmware/phone/telephone.js";
import type { Address } from "../../../firmware/protocol/address.js";
import { muLawOf } from "../../../firmware/protocol/g711-table.js";
import { parseRtcp } from "../../../firmware/protocol/rtcp.js";
import { readWav } from "../../../firmware/protocol/wav.js";
import { judgeAudio } from "../../../host/cli/demo/audio-judge.js";
import { seededRandom } from "../../support/seeded-random.js";

function speech(name: string): Int16Array {
  const wav = readWav(readFileSync(new URL(`../../../host/cli/demo/speech/${name}.wav`, import.meta.url)));
  if (!wav.ok) throw new Error(wav.reason);
  return wav.value;
}

const files = { "101": speech("station-a"), "102": speech("station-b") };
const portNumbers = { sip: 5060, rtp: 40_000, rtcp: 40_001 };

type Port = keyof typeof portNumbers;

interface Station {
  readonly telephone: TelephoneStation;
  readonly handset: Handset;
  remote: Address | null;
}

interface Flight {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** Two stations with their sound, that take each other for their gateway: none is needed for a call between them. */
class TwoStations {
  nowMs = 1000;
  loseRtp: (atMs: number, random: () => number) => boolean = () => false;
  readonly stations = new Map<string, Station>();
  readonly heard = new Map<string, Int16Array[]>();
  readonly events: (StationEvent & { number: string })[] = [];
  readonly rtcp: Uint8Array[] = [];
  readonly #random = seededRandom(11);
  #flights: Flight[] = [];

  constructor() {
    const [a, b] = ["127.10.1.1", "127.10.1.2"] as const;
    this.#add("101", a, b, files["101"]);
    this.#add("102", b, a, files["102"]);
  }

  #add(number: string, address: string, other: string, spoken: Int16Array): void {
    const telephone = new TelephoneStation(
      {
        number,
        sip: { address, port: portNumbers.sip },
        media: { address, port: portNumbers.rtp },
        gateway: { address: other, port: portNumbers.sip },
        answerAfterMs: 300,
        hangUpAfterMs: null,
      },
      this.#random,
    );
    const handset = new Handset({ cname: number, speech: muLawOf(spoken), repeats: false }, this.#random);
    this.stations.set(address, { telephone, handset, remote: null });
    this.heard.set(number, []);
  }

  act(address: string, action: (telephone: TelephoneStation, nowMs: number) => StationTurn): void {
    const station = this.#station(address);
    this.#carry(address, station, action(station.telephone, this.nowMs));
  }

  sound(address: string, bytes: Uint8Array, from: Address): void {
    this.#station(address).handset.receiveRtp(bytes, from, this.nowMs);
  }

  run(forMs: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += 1) {
      const arrived = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
      this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
      for (const { bytes, from, to } of arrived) this.#arrive(bytes, from, to);
      for (const [address, station] of this.stations) {
        const { telephone, handset } = station;
        if ((handset.next() ?? Infinity) <= this.nowMs) this.#frames(address, station);
        if ((telephone.next() ?? Infinity) <= this.nowMs) this.#carry(address, station, telephone.tick(this.nowMs));
      }
    }
  }

  recording(number: string): Int16Array {
    const pieces = this.heard.get(number) ?? [];
    return Int16Array.from(pieces.flatMap((piece) => [...piece]));
  }

  #station(address: string): Station {
    const station = this.stations.get(address);
    if (station === undefined) throw new Error(`nobody at ${address}`);
    return station;
  }

  #arrive(bytes: Uint8Array, from: Address, to: Address): void {
    const station = this.#station(to.address);
    const { telephone, handset } = station;
    if (to.port === portNumbers.sip) this.#carry(to.address, station, telephone.receive(bytes, from, this.nowMs));
    else if (to.port === portNumbers.rtp) handset.receiveRtp(bytes, from, this.nowMs);
    else handset.receiveRtcp(bytes, from, this.nowMs);
  }

  #carry(address: string, station: Station, turn: StationTurn): void {
    for (const { bytes, to } of turn.sends) this.#send("sip", bytes, address, to);
    for (const event of turn.events) this.#follow(address, station, event);
  }

  #follow(address: string, station: Station, event: TelephoneEvent): void {
    const { telephone, handset } = station;
    const sound = event.kind === "hung-up" ? handset.counts : null;
    this.events.push({ ...event, sound, number: telephone.number });
    if (event.kind === "talking") {
      station.remote = event.remote;
      handset.lift(event.remote, this.nowMs);
      this.#frames(address, station);
    } else if (event.kind === "hung-up") {
      this.#frames(address, station);
      for (const bytes of handset.replace(this.nowMs, this.#wallMs)) this.#sound("rtcp", bytes, address, station);
    }
  }

  #frames(address: string, station: Station): void {
    const { rtp, rtcp, heard } = station.handset.turn(this.nowMs, this.#wallMs);
    this.heard.get(station.telephone.number)?.push(heard);
    for (const bytes of rtp) this.#sound("rtp", bytes, address, station);
    for (const bytes of rtcp) this.#sound("rtcp", bytes, address, station);
  }

  #sound(port: Port, bytes: Uint8Array, address: string, { remote }: Station): void {
    if (remote === null) return;
    if (port === "rtcp") this.rtcp.push(bytes);
    if (port === "rtp" && this.loseRtp(this.nowMs, this.#random)) return;
    this.#send(port, bytes, address, { ...remote, port: remote.port + (port === "rtcp" ? 1 : 0) });
  }

  #send(port: Port, bytes: Uint8Array, address: string, to: Address): void {
    const atMs = this.nowMs + 5 + this.#random() * 30;
    this.#flights.push({ atMs, bytes, from: { address, port: portNumbers[port] }, to });
  }

  get #wallMs(): number {
    return this.nowMs + 1_700_000_000_000;
  }
}

function talked(prepare: (pair: TwoStations) => void = () => undefined): TwoStations {
  const pair = new TwoStations();
  prepare(pair);
  pair.act("127.10.1.1", (telephone, nowMs) => telephone.dial("102", nowMs));
  pair.run(9000);
  pair.act("127.10.1.2", (telephone, nowMs) => telephone.hangUp(nowMs));
  pair.run(500);
  return pair;
}

test("two telephones talk: each hears the other's file without a gap, and both know how the call ended", () => {
  const pair = talked();
  for (const [hearing, spoken] of [
    ["101", files["102"]],
    ["102", files["101"]],
  ] as const) {
    const verdict = judgeAudio(spoken, pair.recording(hearing));
    expect(verdict).toMatchObject({ longestGapMs: 0, shifts: [] });
    expect(verdict?.correlation).toBeGreaterThan(0.99);
  }
  expect(pair.events.map(({ number, kind }) => `${number} ${kind}`)).toEqual([
    "101 dialling",
    "102 ringing",
    "101 ringback",
    "102 answered",
    "102 talking",
    "101 answered",
    "101 talking",
    "102 hung-up",
    "101 hung-up",
  ]);
  expect(pair.events.at(-1)).toMatchObject({ by: "far", sound: { packetsLost: 0, packetsLate: 0, missingMs: 0 } });
  expect([...pair.stations.values()].every(({ telephone }) => telephone.isSettled)).toBe(true);
});

test("packets lost for 200 ms are a gap of 200 ms in the recording, and counted", () => {
  const pair = talked((prepared) => {
    prepared.loseRtp = (atMs) => atMs >= 5000 && atMs < 5200;
  });
  const gaps = [
    judgeAudio(files["102"], pair.recording("101"))?.longestGapMs ?? 0,
    judgeAudio(files["101"], pair.recording("102"))?.longestGapMs ?? 0,
  ];
  expect(Math.max(...gaps)).toBeGreaterThan(150);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(210);
  expect(pair.events.at(-1)).toMatchObject({ sound: { packetsLost: 10, missingMs: 200 } });
});

test("the reports of both are whole RTCP: sender report, name, and goodbye at the end", () => {
  const packets = talked().rtcp.map((bytes) => parseRtcp(bytes));
  expect(packets.every((packet) => packet.ok)).toBe(true);
  const kinds = packets.map((packet) => (packet.ok ? packet.value.map(({ kind }) => kind).join(" ") : ""));
  expect(kinds).toContain("sender-report description");
  expect(kinds.filter((kind) => kind === "sender-report description goodbye")).toHaveLength(2);
  const reported = packets.flatMap((packet) => (packet.ok ? packet.value : []));
  const block = reported.findLast((packet) => packet.kind === "sender-report")?.reports[0];
  expect(block).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
  expect(block?.jitter).toBeGreaterThan(0);
  expect(block?.lastSenderReport).toBeGreaterThan(0);
});

test("sound from a stranger is not heard", () => {
  const pair = new TwoStations();
  pair.act("127.10.1.1", (telephone, nowMs) => telephone.dial("102", nowMs));
  pair.run(1000);
  const rtp = new Uint8Array(172).fill(0x20);
  rtp.set([0x80, 0]);
  pair.sound("127.10.1.2", rtp, { address: "127.10.9.9", port: 40_000 });
  pair.act("127.10.1.2", (telephone, nowMs) => telephone.hangUp(nowMs));
  expect(pair.events.at(-1)).toMatchObject({ sound: { packetsStrange: 1 } });
});
