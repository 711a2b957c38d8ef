/**
 * The gateways' side of the recovery bench, a process of its own: whole gateway cores with real sockets and a media
 * engine that opens every port at once and counts as many packets as time has passed. Told by its parent:
 *
 *     fork(…, [JSON of GatewaysToPlay])  ─►  "ready"  ─►  { ask: "cpu" | "change" }  ─►  its answer
 */
import { randomInt } from "node:crypto";
import { Gateway } from "../../firmware/gateway.js";
import type { GatewayOptions } from "../../firmware/gateway-options.js";
import type { GatewayOutput, GatewayPort } from "../../firmware/gateway-output.js";
import { loadLibc } from "../../firmware/io/libc.js";
import { monotonicMs } from "../../firmware/io/monotonic-clock.js";
import { openSignallingSocket } from "../../firmware/io/signalling-socket.js";
import { openStreamListener, streamLimits } from "../../firmware/io/stream-listener.js";
import type { UdpSocket } from "../../firmware/io/udp-socket.js";
import type { LegStatistics, MediaCommand } from "../../firmware/media/media-port.js";
import { gatewayOptions } from "../support/simulated-gateway.js";

export interface GatewaysToPlay {
  readonly first: number;
  readonly count: number;
  readonly connectionsEach: number;
  readonly tagCharacters: number;
}

export type Question = { readonly ask: "cpu" } | { readonly ask: "change"; readonly count: number };

export const callAgent = { address: "127.50.255.1", port: 2727 };
export const community = "simulated-community";
export const ports = { mgcp: 2427, sip: 5060, snmp: 10_161 } as const;

export function placeOf(index: number) {
  return { name: `gw${index}.example`, address: `127.50.${Math.floor(index / 200)}.${(index % 200) + 1}` };
}

/** Ten thousand connections with their tags, in XML. */
const sipDocumentBytesMax = 32_000_000;

const farSide = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
const encoder = new TextEncoder();

function optionsOf(index: number, connections: number): GatewayOptions {
  const place = { ...placeOf(index), lines: 0, firstNumber: 1, phones: "127.51.0.1" };
  const options = gatewayOptions({ ...place, relays: Math.ceil(connections / 2) }, [callAgent]);
  const { media, restart } = options;
  const room = { portFirst: 1_024, portLast: 65_534, legsMax: connections + 1_000 };
  return { ...options, sipDocumentBytesMax, media: { ...media, ...room }, restart: { ...restart, announces: false } };
}

class PlayedGateway {
  readonly #gateway: Gateway;
  readonly #options: GatewayOptions;
  readonly #sockets = new Map<GatewayPort, Pick<UdpSocket, "send">>();
  readonly #openedAtMs = new Map<number, { readonly generation: number; readonly atMs: number }>();
  #transactionId = 1;
  #isQuiet = true;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const surroundings = {
      random: () => randomInt(2 ** 47) / 2 ** 47,
      epoch: null,
      journal: null,
      readStatistics: (leg: number, generation: number) => this.#statistics(leg, generation),
    };
    this.#gateway = new Gateway(options, surroundings, monotonicMs());
    this.#act(this.#gateway.start(moment()));
  }

  async listen(): Promise<void> {
    this.#isQuiet = false;
    const libc = await loadLibc();
    for (const port of ["mgcp", "sip", "snmp"] as const) {
      const local = { address: this.#options.address, port: ports[port] };
      const socket = await openSignallingSocket(libc, local, (bytes, from) => {
        this.#act(this.#gateway.receive(port, bytes, from, moment()));
      });
      if (!socket.ok) throw new Error(socket.reason);
      this.#sockets.set(port, socket.value);
    }
    const streams = await openStreamListener(
      { address: this.#options.address, port: ports.sip },
      { ...streamLimits, unsentBytesMax: sipDocumentBytesMax + 100_000 },
      () => true,
      (bytes, from) => this.#act(this.#gateway.receive("sip-tcp", bytes, from, moment())),
    );
    if (!streams.ok) throw new Error(streams.reason);
    this.#sockets.set("sip-tcp", streams.value);
    setInterval(() => this.#act(this.#gateway.tick(moment())), 50);
  }

  /** Relays full of connections, each with a tag as a call server writes it. */
  fill(connections: number, tagCharacters: number): void {
    for (let index = 0; index < connections; index += 1) {
      const tag = `v=1;from=${100_000 + index};to=${900_000 + index};orig=aaln/1@gw.example;`.padEnd(
        tagCharacters,
        "x",
      );
      const lines = [`C: ${(0xa000 + index).toString(16)}`, "M: sendrecv", "L: a:PCMA", `x-ho/T: ${tag}`];
      this.#command("CRCX", `relay/${((index >> 1) + 1).toString(16)}`, lines, farSide);
    }
    const made = this.#gateway.snapshot(monotonicMs()).connections.length;
    if (made !== connections) throw new Error(`${made} of ${connections} connections were made`);
  }

  /** Changes the mode of so many, so that a record is no longer true. */
  change(count: number): void {
    for (const { connectionId, callId, endpoint, mode } of this.#gateway
      .snapshot(monotonicMs())
      .connections.slice(0, count)) {
      const other = mode === "sendrecv" ? "inactive" : "sendrecv";
      this.#command("MDCX", endpoint, [`C: ${callId}`, `I: ${connectionId}`, `M: ${other}`], "");
    }
  }

  #command(verb: string, local: string, lines: readonly string[], session: string): void {
    this.#transactionId += 1;
    const first = `${verb} ${this.#transactionId} ${local}@${this.#options.name} MGCP 1.0`;
    const text = `${[first, ...lines].join("\r\n")}\r\n${session === "" ? "" : `\r\n${session}`}`;
    const before = this.#isQuiet;
    this.#isQuiet = true;
    this.#act(this.#gateway.receive("mgcp", encoder.encode(text), callAgent, moment()));
    this.#isQuiet = before;
  }

  #act(outputs: readonly GatewayOutput[]): void {
    for (const output of outputs) {
      if (output.kind === "media") this.#engine(output.command);
      else if (output.kind === "send" && !this.#isQuiet) {
        this.#sockets.get(output.port)?.send(output.datagram.bytes, output.datagram.to);
      }
    }
  }

  #engine(command: MediaCommand): void {
    const { kind, leg, generation } = command;
    if (kind === "open") {
      this.#openedAtMs.set(leg, { generation, atMs: monotonicMs() });
      const { dscp } = command;
      if (command.isAwaited) this.#act(this.#gateway.mediaEvent({ kind: "opened", leg, generation, dscp }, moment()));
    } else if (kind === "modify" && command.token !== null) {
      const { token } = command;
      this.#act(this.#gateway.mediaEvent({ kind: "modified", leg, generation, token }, moment()));
    }
  }

  #statistics(leg: number, generation: number): LegStatistics | null {
    const opened = this.#openedAtMs.get(leg);
    if (opened?.generation !== generation) return null;
    const packets = Math.floor((monotonicMs() - opened.atMs) / 20);
    return {
      generation,
      packetsSent: packets,
      octetsSent: packets * 160,
      packetsReceived: packets,
      octetsReceived: packets * 160,
      packetsLost: 0,
      packetsDiscarded: 0,
      jitterMs: 0.5,
      roundTripMs: 12.25,
      lastReceivedAtMs: monotonicMs() - 7,
      learntRemote: { address: "192.0.2.1", port: 4000 },
      ssrc: 0,
      sent: null,
      heard: null,
    };
  }
}

function moment() {
  return { nowMs: monotonicMs(), wallMs: Date.now() };
}

async function play(toPlay: GatewaysToPlay): Promise<void> {
  const gateways: PlayedGateway[] = [];
  for (let index = toPlay.first; index < toPlay.first + toPlay.count; index += 1) {
    const gateway = new PlayedGateway(optionsOf(index, toPlay.connectionsEach));
    gateway.fill(toPlay.connectionsEach, toPlay.tagCharacters);
    await gateway.listen();
    gateways.push(gateway);
  }
  process.on("message", (question: Question) => {
    if (question.ask === "change") for (const gateway of gateways) gateway.change(question.count);
    process.send?.(question.ask === "cpu" ? process.cpuUsage() : "changed");
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.("ready");
}

const [toPlay] = process.argv.slice(2);
if (toPlay !== undefined && process.send !== undefined) await play(JSON.parse(toPlay));
