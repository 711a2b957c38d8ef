/**
 * A running exchange as a user starts it: two gateways, a primary call server, a backup where one is wanted, and two
 * telephones with a call up between them. Each process has addresses of its own, 127.20.<net>.<host>, so that suites may
 * follow one another. Everything is the built program with a configuration file; nothing reaches into it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GatewayAudit } from "../../firmware/protocol/active-connection.js";
import { Program, type ProgramEvent } from "../../host/cli/demo/program.js";
import { type Ending, holdoverBin, runHoldover } from "./programs.js";

export const community = "exchange-community";
export const snmpPort = 10_161;
export const gatewayNames = ["gw1.example", "gw2.example"] as const;
const numbers = ["101", "201"] as const;
/** Only the first line of each gateway has a telephone that is there. */
const lineCount = 2;
const secret = "a secret between the two call servers";
const speechFolder = fileURLToPath(new URL("../../host/cli/demo/speech/", import.meta.url));

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
  /** Configurations, stores and state files; gone at the end. */
  readonly folder: string;
  readonly #options: ExchangeOptions;
  readonly #programs = new Map<string, Program>();

  constructor(options: ExchangeOptions) {
    this.addresses = addressesOf(options.net);
    this.folder = mkdtempSync(join(tmpdir(), "holdover-exchange-"));
    this.#options = options;
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
    const program = this.#programs.get(title);
    if (program === undefined) throw new Error(`there is no ${title} in this exchange`);
    return program;
  }

  get programs(): readonly Program[] {
    return [...this.#programs.values()];
  }

  /** Why one of them ended although nobody told it to; null while all run. */
  get trouble(): string | null {
    return this.programs.map((program) => program.trouble).find((reason) => reason !== null) ?? null;
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
    await Promise.all(this.programs.map((program) => program.end()));
    rmSync(this.folder, { recursive: true, force: true });
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
    const name = gatewayNames[side];
    const configuration = {
      name,
      address: addresses.gateways[side],
      callAgents: [{ address: addresses.primary }, { address: addresses.backup }],
      askers: [addresses.asker],
      restart: { waitMaxSeconds: 0 },
      snmp: { port: snmpPort, community },
      media: { network: side === 1 && this.#options.isSecondPortable === true ? "portable" : "auto" },
      lines: [
        { first: "aaln/1", number: numbers[side], phone: `${addresses.telephones[side]}:5060`, count: lineCount },
      ],
      stateFile: join(folder, `${name}.state`),
    };
    return this.#startConfigured(side === 0 ? "first gateway" : "second gateway", "gateway", configuration);
  }

  #startServer(role: "primary" | "backup"): Program {
    const { addresses, folder } = this;
    const other = role === "primary" ? "backup" : "primary";
    const peer = { heartbeat: { secret }, peer: { server: other, address: addresses[other] } };
    const configuration = {
      server: role,
      role,
      address: addresses[role],
      ...(this.#options.backup === true ? peer : {}),
      poll: { everyMs: 1000 },
      store: { file: join(folder, `${role}.db`) },
      gateways: ([0, 1] as const).map((side) => ({
        domain: gatewayNames[side],
        address: addresses.gateways[side],
        snmp: { port: snmpPort, community },
        sip: {},
        lines: { count: lineCount, firstNumber: numbers[side] },
      })),
    };
    return this.#startConfigured(role, "call-server", configuration);
  }

  /** YAML takes JSON as it is. */
  #startConfigured(title: string, command: string, configuration: unknown): Program {
    const file = join(this.folder, `${title.replace(" ", "-")}.yaml`);
    writeFileSync(file, JSON.stringify(configuration, null, 2));
    return this.#start(title, [command, "-c", file]);
  }

  #startTelephone(title: string, side: 0 | 1, more: readonly string[]): Program {
    const { telephones, gateways } = this.addresses;
    const self = ["--address", telephones[side], "--number", numbers[side], "--gateway", `${gateways[side]}:5060`];
    const speech = join(speechFolder, side === 0 ? "station-a.wav" : "station-b.wav");
    return this.#start(title, ["phone", ...self, "--play", speech, "--loop", "--json", ...more]);
  }

  #start(title: string, args: readonly string[]): Program {
    const program = new Program(holdoverBin, { title, args }, () => undefined);
    this.#programs.set(title, program);
    return program;
  }
}

export function named(name: string): (event: ProgramEvent) => boolean {
  return ({ event }) => event === name;
}

export function callIs(state: string): (event: ProgramEvent) => boolean {
  return ({ event, state: found }) => event === "call-state" && found === state;
}
