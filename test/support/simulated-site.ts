/** A site on the simulated network: two gateways with three telephones each, and call servers to be started and killed. */
import type { Epoch } from "../../firmware/protocol/active-connection.js";
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";
import { seededRandom } from "./seeded-random.js";
import { type ServerRole, SimulatedCallServer, serverAddresses, serverConfig } from "./simulated-call-server.js";
import { type GatewayPlace, gatewayOptions, SimulatedGateway } from "./simulated-gateway.js";
import { SimulatedNetwork } from "./simulated-network.js";
import { SimulatedStore } from "./simulated-store.js";
import { SimulatedTelephone } from "./simulated-telephone.js";

const linesEach = 3;
export const places: readonly GatewayPlace[] = [
  { name: "gw1.example", address: "127.10.0.11", lines: linesEach, firstNumber: 101, phones: "127.10.1.1" },
  { name: "gw2.example", address: "127.10.0.12", lines: linesEach, firstNumber: 201, phones: "127.10.2.1" },
];

export class SimulatedSite {
  readonly network: SimulatedNetwork;
  readonly gateways: SimulatedGateway[];
  /** What each server's disk holds; outlives the server. */
  readonly disks: Record<ServerRole, SimulatedStore> = { primary: new SimulatedStore(), backup: new SimulatedStore() };
  readonly #random: () => number;
  readonly #phones = new Map<string, SimulatedTelephone>();

  /**
   * `answerAfterMs` null: telephones ring until they are answered by hand. `epoch`: on both gateways' disks. `codings`: what
   * both gateways have.
   */
  constructor(
    seed: number,
    answerAfterMs: number | null = 500,
    epoch: Epoch | null = null,
    codings: readonly string[] = ["PCMA", "PCMU"],
  ) {
    this.#random = seededRandom(seed);
    const network = new SimulatedNetwork(this.#random);
    this.network = network;
    // A telephone has a cable of its own to its gateway, so that the two agree on when it was lifted and put down.
    const cables = new Set<string>();
    network.isSheltered = (from, to) => cables.has(from) || cables.has(to);
    const callAgents = Object.values(serverAddresses).map((address) => ({ address, port: 2727 }));
    this.gateways = places.map(
      (place) =>
        new SimulatedGateway(gatewayOptions({ ...place, codings }, callAgents), network, this.#random, new Map(), {
          epoch,
          journal: "",
        }),
    );
    for (const place of places) {
      for (let index = 0; index < place.lines; index += 1) {
        const number = String(place.firstNumber + index);
        const address = `${prefixOf(place.phones)}${index + 1}`;
        const gateway = { address: place.address, port: 5060 };
        cables.add(address);
        this.#phones.set(
          number,
          new SimulatedTelephone({ number, address, gateway, answerAfterMs }, network, this.#random),
        );
      }
    }
  }

  get random(): () => number {
    return this.#random;
  }

  phone(number: string): SimulatedTelephone {
    const found = this.#phones.get(number);
    if (found === undefined) throw new Error(`no telephone ${number}`);
    return found;
  }

  start(role: ServerRole, more: object = {}): SimulatedCallServer {
    return new SimulatedCallServer(serverConfig(role, places, more), this.network, this.#random, this.disks[role]);
  }

  /** The gateway dies with its connections; `restartGateway` starts it again over what it wrote. */
  crashGateway(side: 0 | 1): void {
    this.gateways[side]?.crash();
  }

  restartGateway(side: 0 | 1): void {
    const before = this.gateways[side];
    if (before === undefined) throw new Error(`no gateway ${side}`);
    const { options, disk } = before;
    this.gateways[side] = new SimulatedGateway(options, this.network, this.#random, new Map(), disk);
  }

  /** Of a call server, by its name in an epoch. */
  addressOf(server: string): string | null {
    return server === "primary" || server === "backup" ? serverAddresses[server] : null;
  }

  get openLegs(): number {
    return this.gateways.reduce((sum, gateway) => sum + gateway.openLegs, 0);
  }

  /** All records of both servers, one per call. */
  get records(): CallDetailRecord[] {
    return [...new Map([...this.disks.primary.cdrs, ...this.disks.backup.cdrs]).values()];
  }
}

/** `127.10.1.` */
function prefixOf(address: string): string {
  return address.slice(0, address.lastIndexOf(".") + 1);
}

/** From the called station's answer to the first hang-up, by the stations' own clocks. */
export function spokenMs(called: SimulatedTelephone, endedAtMs: number): number {
  const answered = called.said.findLast(({ kind }) => kind === "answered");
  if (answered === undefined) throw new Error("it was not answered");
  return endedAtMs - answered.atMs;
}
