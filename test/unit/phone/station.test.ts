import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type StationEvent,
  type StationPort,
  type StationTurn,
  TelephoneStation,
} from "../../../firmware/phone/station.js";
import type { Address } from "../../../firmware/protocol/address.js";
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

interface Flight {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** Two stations that take each other for their gateway: no gateway is needed for a call between them. */
class TwoStations {
  nowMs = 1000;
  loseRtp: (atMs: number, random: () => number) => boolean = () => false;
  readonly stations = new Map<string, TelephoneStation>();
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
    const station = new TelephoneStation(
      {
        number,
        sip: { address, port: portNumbers.sip },
        media: { address, port: portNumbers.rtp },
        gateway: { address: other, port: portNumbers.sip },
        answerAfterMs: 300,
        hangUpAfterMs: null,
        speech: spoken,
        repeats: false,
      },
      this.#random,
    );
    this.stations.set(address, station);
    this.heard.set(number, []);
  }

  act(
    address: string,
    action: (station: TelephoneStation, at: { nowMs: number; wallMs: number }) => StationTurn,
  ): void {
    const station = this.stations.get(address);
    if (station !== undefined) this.#carry(address, station, action(station, this.#at()));
  }

  run(forMs: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += 1) {
      const arrived = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
      this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
      for (const { bytes, from, to } of arrived) this.#arrive(bytes, from, to);
      for (const [address, station] of this.stations) {
        if ((station.next() ?? Infinity) <= this.nowMs) this.#carry(address, station, station.tick(this.#at()));
      }
    }
  }

  recording(number: string): Int16Array {
    const pieces = this.heard.get(number) ?? [];
    return Int16Array.from(pieces.flatMap((piece) => [...piece]));
  }

  #arrive(bytes: Uint8Array, from: Address, to: Address): void {
    const station = this.stations.get(to.address);
    const port = (["sip", "rtp", "rtcp"] as const).find((name) => portNumbers[name] === to.port);
    if (station !== undefined && port !== undefined)
      this.#carry(to.address, station, station.receive(port, bytes, from, this.#at()));
  }

  #carry(address: string, station: TelephoneStation, turn: StationTurn): void {
    this.heard.get(station.number)?.push(turn.heard);
    for (const event of turn.events) this.events.push({ ...event, number: station.number });
    for (const { port, datagram } of turn.sends) this.#send(port, datagram.bytes, address, datagram.to);
  }

  #send(port: StationPort, bytes: Uint8Array, address: string, to: Address): void {
    if (port === "rtcp") this.rtcp.push(bytes);
    if (port === "rtp" && this.loseRtp(this.nowMs, this.#random)) return;
    const atMs = this.nowMs + 5 + this.#random() * 30;
    this.#flights.push({ atMs, bytes, from: { address, port: portNumbers[port] }, to });
  }

  #at(): { nowMs: number; wallMs: number } {
    return { nowMs: this.nowMs, wallMs: this.nowMs + 1_700_000_000_000 };
  }
}

function talked(prepare: (pair: TwoStations) => void = () => undefined): TwoStations {
  const pair = new TwoStations();
  prepare(pair);
  pair.act("127.10.1.1", (station, at) => station.dial("102", at));
  pair.run(9000);
  pair.act("127.10.1.2", (station, at) => station.hangUp(at));
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
  expect([...pair.stations.values()].every((station) => station.isSettled)).toBe(true);
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
  pair.act("127.10.1.1", (station, at) => station.dial("102", at));
  pair.run(1000);
  pair.act("127.10.1.2", (station, at) => {
    const rtp = new Uint8Array(172).fill(0x20);
    rtp.set([0x80, 0]);
    return station.receive("rtp", rtp, { address: "127.10.9.9", port: 40_000 }, at);
  });
  pair.act("127.10.1.2", (station, at) => station.hangUp(at));
  expect(pair.events.at(-1)).toMatchObject({ sound: { packetsStrange: 1 } });
});
