/** A whole gateway on the simulated network, with an engine that opens every port at once and counts nothing. */
import { Gateway } from "../../firmware/gateway.js";
import type { GatewayOptions } from "../../firmware/gateway-options.js";
import type { GatewayOutput, GatewayPort } from "../../firmware/gateway-output.js";
import { journalEntriesMax } from "../../firmware/gateway-parts.js";
import { emptyJournal, type KeptJournal } from "../../firmware/management/journal-entry.js";
import { replayJournal } from "../../firmware/management/journal-replay.js";
import { codingsNamed } from "../../firmware/media/codec.js";
import type { LegStatistics, MediaCommand, MediaEvent } from "../../firmware/media/media-port.js";
import type { Epoch } from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import type { SimulatedMoment, SimulatedNetwork, SimulatedNode } from "./simulated-network.js";

export interface GatewayPlace {
  readonly name: string;
  readonly address: string;
  readonly lines: number;
  readonly firstNumber: number;
  /** The telephones are at this and the following addresses. */
  readonly phones: string;
  /** Packet relay endpoints; none unless told. */
  readonly relays?: number;
  /** Encoding names, the preferred first; PCMA and PCMU unless told. */
  readonly codings?: readonly string[];
}

export const checkpointMs = 5_000;

export function gatewayOptions(place: GatewayPlace, callAgents: readonly Address[]): GatewayOptions {
  const phonePrefix = place.phones.slice(0, place.phones.lastIndexOf(".") + 1);
  return {
    name: place.name,
    address: place.address,
    mgcpPort: 2427,
    sipPort: 5060,
    sipDocumentBytesMax: 16_000_000,
    sipUsers: [],
    snmp: { community: "simulated-community", users: [], engineBoots: 1, receivers: [] },
    media: {
      addresses: [place.address],
      portFirst: 16_384,
      portLast: 24_574,
      dscp: 46,
      codings: codingsNamed(place.codings ?? ["PCMA", "PCMU"], 20),
      legsMax: 512,
    },
    callAgents,
    notifiedEntity: null,
    restart: {
      announces: true,
      restartWaitMaxMs: 0,
      disconnectedFirstMs: 15_000,
      disconnectedLeastMs: 15_000,
      disconnectedMostMs: 600_000,
    },
    askers: ["127.0.0.1"],
    lines: Array.from({ length: place.lines }, (_, index) => ({
      line: `aaln/${index + 1}`,
      number: String(place.firstNumber + index),
      phone: { address: `${phonePrefix}${index + 1}`, port: 5060 },
    })),
    relay: { prefix: "relay/", first: 1, count: place.relays ?? 0, learnsPort: false },
  };
}

/** What outlives a gateway's death. */
export interface SimulatedDisk {
  epoch: Epoch | null;
  journal: string;
}

export class SimulatedGateway implements SimulatedNode {
  readonly options: GatewayOptions;
  readonly commands: MediaCommand[] = [];
  readonly log: Extract<GatewayOutput, { kind: "log" }>[] = [];
  /** The domain names of its world, and those it looked up. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly lookUps: string[] = [];
  /** What the engine does is told only when it is released. */
  isEngineHeld = false;
  readonly #done: MediaEvent[] = [];
  readonly #gateway: Gateway;
  readonly #network: SimulatedNetwork;
  readonly #open = new Map<number, number>();
  readonly disk: SimulatedDisk;

  constructor(
    options: GatewayOptions,
    network: SimulatedNetwork,
    random: Random,
    names: ReadonlyMap<string, readonly string[]> = new Map(),
    disk: SimulatedDisk = { epoch: null, journal: "" },
  ) {
    this.options = options;
    this.names = names;
    this.disk = disk;
    this.#network = network;
    this.#gateway = new Gateway(
      options,
      {
        random,
        epoch: disk.epoch,
        journal: { kept: keptJournal(disk, options.name, network.at), start: startOf(network.at), checkpointMs },
        readStatistics: (leg, generation) => this.#statistics(leg, generation),
      },
      network.at.nowMs,
    );
    for (const port of ["mgcp", "sip", "snmp"] as const)
      network.listen(this.#address(port), (bytes, from, at) =>
        this.#act(this.#gateway.receive(port, bytes, from, at), at),
      );
    network.add(this);
    this.#act(this.#gateway.start(network.at), network.at);
  }

  get core(): Gateway {
    return this.#gateway;
  }

  /** Legs the engine was told to open and not to close. */
  get openLegs(): number {
    return this.#open.size;
  }

  /** It is gone with all its connections; what it wrote stays. */
  crash(): void {
    this.#network.remove(this, [this.#address("mgcp"), this.#address("sip"), this.#address("snmp")]);
    this.#open.clear();
  }

  graceful(delaySeconds: number): void {
    this.#act(this.#gateway.graceful(delaySeconds, this.#network.at), this.#network.at);
  }

  cancelGraceful(): void {
    this.#act(this.#gateway.cancelGraceful(this.#network.at), this.#network.at);
  }

  stop(): void {
    this.#act(this.#gateway.stop(this.#network.at), this.#network.at);
  }

  next(): number | null {
    return this.#gateway.next();
  }

  tick(at: SimulatedMoment): void {
    this.#act(this.#gateway.tick(at), at);
  }

  #act(outputs: readonly GatewayOutput[], at: SimulatedMoment): void {
    for (const output of outputs) {
      if (output.kind === "send")
        this.#network.send(this.#address(output.port), output.datagram.to, output.datagram.bytes);
      else if (output.kind === "media") this.#engine(output.command, at);
      else if (output.kind === "persist-epoch") this.disk.epoch = output.epoch;
      else if (output.kind === "journal")
        this.disk.journal = output.write.whole ?? this.disk.journal + output.write.text;
      else if (output.kind === "resolve") this.#resolve(output.name, at);
      else this.log.push(output);
    }
  }

  #resolve(name: string, at: SimulatedMoment): void {
    this.lookUps.push(name);
    this.#act(this.#gateway.resolved(name, this.names.get(name) ?? [], at), at);
  }

  /** The engine has done what it was told while it was held. */
  releaseEngine(): void {
    this.isEngineHeld = false;
    for (const event of this.#done.splice(0))
      this.#act(this.#gateway.mediaEvent(event, this.#network.at), this.#network.at);
  }

  /** The engine heard this digit on every leg that searches for digits. */
  hear(digit: string): void {
    const listening = this.commands.filter(
      (command) => command.kind === "open" && command.settings.detectsDigits && this.#open.has(command.leg),
    );
    for (const { leg, generation } of listening.flatMap((one) => (one.kind === "open" ? [one] : [])))
      this.#act(
        this.#gateway.mediaEvent({ kind: "digit", leg, generation, digit }, this.#network.at),
        this.#network.at,
      );
  }

  #engineDid(event: MediaEvent, at: SimulatedMoment): void {
    if (this.isEngineHeld) this.#done.push(event);
    else this.#act(this.#gateway.mediaEvent(event, at), at);
  }

  #engine(command: MediaCommand, at: SimulatedMoment): void {
    this.commands.push(command);
    const { leg, generation } = command;
    if (command.kind === "open") {
      this.#open.set(leg, generation);
      if (command.isAwaited) this.#engineDid({ kind: "opened", leg, generation, dscp: command.dscp }, at);
    } else if (command.kind === "close") this.#open.delete(leg);
    else if (command.kind === "mark") this.#engineDid({ kind: "marked", leg, generation, dscp: command.dscp }, at);
    else if (command.token !== null) this.#engineDid({ kind: "modified", leg, generation, token: command.token }, at);
  }

  #statistics(leg: number, generation: number): LegStatistics | null {
    if (this.#open.get(leg) !== generation) return null;
    return {
      generation,
      packetsSent: 100,
      octetsSent: 16_000,
      packetsReceived: 99,
      octetsReceived: 15_840,
      packetsLost: 1,
      packetsDiscarded: 0,
      jitterMs: 0.5,
      roundTripMs: null,
      lastReceivedAtMs: null,
      learntRemote: null,
      ssrc: 0,
      sent: null,
      heard: null,
    };
  }

  #address(port: GatewayPort): Address {
    const { address, mgcpPort, sipPort } = this.options;
    return { address, port: port === "mgcp" ? mgcpPort : port === "sip" ? sipPort : 161 };
  }
}

/** The machine goes on, only the gateway dies. */
function startOf({ nowMs, wallMs }: SimulatedMoment) {
  return { atMs: nowMs, wallMs, machine: "simulated" };
}

function keptJournal({ journal }: SimulatedDisk, gateway: string, at: SimulatedMoment): KeptJournal {
  if (journal === "") return emptyJournal;
  const options = { gateway, entriesMax: journalEntriesMax, checkpointMs };
  const kept = replayJournal(new TextEncoder().encode(journal), startOf(at), options);
  if (!kept.ok) throw new Error(kept.reason);
  return kept.value;
}
