/**
 * A running exchange as a user starts it: two gateways, a primary call server, a backup where one is wanted, and two
 * telephones with a call up between them. Each process has addresses of its own, 127.20.<net>.<host>, so that suites may
 * follow one another. Everything is the built program with a configuration file; nothing reaches into it.
 */
import { join } from "node:path";
import type { GatewayAudit } from "../../firmware/protocol/active-connection.js";
import type { Program, ProgramEvent } from "../../host/cli/demo/program.js";
import {
  community,
  type ExchangeGateway,
  gatewayConfiguration,
  type ServerRole,
  serverConfiguration,
  snmpPort,
} from "./exchange-configuration.js";
import { type Ending, projectFolder, runHoldover } from "./programs.js";
import { RunningPrograms } from "./running-programs.js";

export const gatewayNames = ["gw1.example", "gw2.example"] as const;
const numbers = ["101", "201"] as const;
/** Only the first line of each gateway has a telephone that is there. */
const lineCount = 2;
const speechFolder = join(projectFolder, "host/cli/demo/speech");

const startWithinMs = 20_000;
const callWithinMs = 15_000;

export interface ExchangeAddresses {
  readonly primary: string;
  readonly backup: string;
  readonly gateways: readonly [string, string];
  readonly telephones: readonly [string, string];
  /** Listed with the gateways as one who may ask. */
  readonly asker: string;
  /** Listed nowhere. */
  readonly stranger: string;
  /** All of them, as tshark's capture filter has it. */
  readonly subnet: string;
}

export interface ExchangeOptions {
  /** Third octet of all addresses. */
  readonly net: number;
  readonly backup?: boolean;
  /** The second gateway's media take the portable way to the network, whatever the first one chooses. */
  readonly isSecondPortable?: boolean;
}

export function addressesOf(net: number): ExchangeAddresses {
  const host = (octet: number) => `127.20.${net}.${octet}`;
  return {
    primary: host(1),
    backup: host(2),
    gateways: [host(11), host(12)],
    telephones: [host(101), host(151)],
    asker: host(200),
    stranger: host(222),
    subnet: `127.20.${net}.0/24`,
  };
}

/** One line of `holdover audit --json`. */
export interface AuditRound {
  readonly answers: readonly { readonly uri: string; readonly ok: boolean; readonly audit: GatewayAudit }[];
  readonly disagreements: readonly unknown[];
}

export function roundOf(line: string): AuditRound {
  return JSON.parse(line);
}

export class Exchange {
  readonly addresses: ExchangeAddresses;
  readonly #options: ExchangeOptions;
  readonly #programs = new RunningPrograms("exchange");

  constructor(options: ExchangeOptions) {
    this.addresses = addressesOf(options.net);
    this.#options = options;
  }

  /** Configurations, stores and state files; gone at the end. */
  get folder(): string {
    return this.#programs.folder;
  }

  /** Until the gateways are in hand, the backup hears the primary and the called telephone waits on-hook. */
  async start(): Promise<void> {
    const gateways = [this.#startGateway(0), this.#startGateway(1)];
    await Promise.all(gateways.map((gateway) => gateway.event("listening", named("listening"), startWithinMs)));
    const called = this.#startTelephone("called telephone", 1, ["--answer-after", "200ms"]);
    const primary = this.#startServer("primary");
    if (this.#options.backup === true) {
      const backup = this.#startServer("backup");
      await backup.event("the primary's heartbeat", named("peer-up"), startWithinMs);
    }
    await called.event("on-hook", named("ready"), startWithinMs);
    await primary.event("being in charge", named("in-charge"), startWithinMs);
  }

  /** A second telephone calls the first one; until both talk and each gateway hears the other. */
  async call(): Promise<void> {
    const caller = this.#startTelephone("calling telephone", 0, ["--dial", "201"]);
    const talk = [caller, this.program("called telephone")].map((telephone) =>
      telephone.event("talking", named("talking"), callWithinMs),
    );
    await Promise.all(talk);
    await this.program("primary").event("the call", callIs("talking"), callWithinMs);
    for (const side of [0, 1] as const) await this.#hears(side);
  }

  /** `first gateway`, `second gateway`, `primary`, `backup`, `calling telephone`, `called telephone`. */
  program(title: string): Program {
    return this.#programs.named(title);
  }

  get programs(): readonly Program[] {
    return this.#programs.all;
  }

  /** Why one of them ended although nobody told it to; null while all run. */
  get trouble(): string | null {
    return this.#programs.trouble;
  }

  /** The three ways to ask a gateway, as `holdover audit` takes them. */
  uris(side: 0 | 1): string[] {
    const address = this.addresses.gateways[side];
    return [
      `mgcp://${address}/${gatewayNames[side]}`,
      `snmp://${community}@${address}:${snmpPort}`,
      `sip://${address}`,
    ];
  }

  /** `holdover audit --json` of one gateway by all three protocols, and how long it took. */
  async audit(side: 0 | 1): Promise<AuditRound & { readonly ending: Ending }> {
    const ending = await runHoldover(["audit", "--json", "--from", this.addresses.asker, ...this.uris(side)]);
    return { ...roundOf(ending.stdout), ending };
  }

  async end(): Promise<void> {
    await this.#programs.end();
    this.#programs.removeFolder();
  }

  async #hears(side: 0 | 1): Promise<void> {
    const deadlineMs = performance.now() + callWithinMs;
    while (performance.now() < deadlineMs) {
      const { answers } = await this.audit(side);
      if (answers.every(({ ok, audit }) => ok && (audit.connections[0]?.statistics.packetsReceived ?? 0) > 0)) return;
    }
    throw new Error(`${gatewayNames[side]} heard nothing of the other gateway within ${callWithinMs} ms`);
  }

  #startGateway(side: 0 | 1): Program {
    const { addresses, folder } = this;
    const isPortable = side === 1 && this.#options.isSecondPortable === true;
    const media = { network: isPortable ? "portable" : "auto" };
    const configuration = gatewayConfiguration(this.#gateways[side], addresses, addresses.asker, folder, { media });
    return this.#programs.startConfigured(side === 0 ? "first gateway" : "second gateway", "gateway", configuration);
  }

  #startServer(role: ServerRole): Program {
    const heartbeat = this.#options.backup === true ? {} : null;
    const configuration = serverConfiguration(role, this.addresses, this.#gateways, this.folder, heartbeat);
    return this.#programs.startConfigured(role, "call-server", configuration);
  }

  get #gateways(): readonly [ExchangeGateway, ExchangeGateway] {
    const gateway = (side: 0 | 1) => ({
      name: gatewayNames[side],
      address: this.addresses.gateways[side],
      firstNumber: numbers[side],
      firstTelephone: this.addresses.telephones[side],
      lineCount,
    });
    return [gateway(0), gateway(1)];
  }

  #startTelephone(title: string, side: 0 | 1, more: readonly string[]): Program {
    const { telephones, gateways } = this.addresses;
    const self = ["--address", telephones[side], "--number", numbers[side], "--gateway", `${gateways[side]}:5060`];
    const speech = join(speechFolder, side === 0 ? "station-a.wav" : "station-b.wav");
    return this.#programs.start(title, ["phone", ...self, "--play", speech, "--loop", "--json", ...more]);
  }
}

export function named(name: string): (event: ProgramEvent) => boolean {
  return ({ event }) => event === name;
}

export function callIs(state: string): (event: ProgramEvent) => boolean {
  return ({ event, state: found }) => event === "call-state" && found === state;
}
