/**
 * The exchange that is struck: gateways, a primary and a backup call server, and for each gateway a process with its
 * telephones, all on loopback with stores, journals and state files in one folder. Here it is only started, spoken to, asked
 * from outside and ended; what happens to it is chaos-run's.
 */
import { join } from "node:path";
import type { GatewayAudit } from "../../firmware/protocol/active-connection.js";
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";
import type { Program, ProgramEvent } from "../../host/cli/demo/program.js";
import type { CallsReply } from "../../host/control/control-message.js";
import {
  type ExchangeGateway,
  gatewayConfiguration,
  type ServerRole,
  serverConfiguration,
  serverRoles,
} from "../support/exchange-configuration.js";
import { linesOf, runHoldover } from "../support/programs.js";
import { type Outcry, RunningPrograms } from "../support/running-programs.js";
import type { SiteShape } from "./schedule.js";

export interface ChaosSiteOptions {
  /** 127.21.<net> and on are its addresses: one each for servers and gateways, and one for each gateway's telephones. */
  readonly net: number;
  readonly gateways: number;
  readonly telephonesEach: number;
}

/** What a gateway that is killed may have lost of a call. */
export const checkpointMs = 1_000;
const heartbeat = { everyMs: 400, deadAfterMs: 1_500 };
/** A call of telephones that are both gone while it rings is given up after it. */
const noAnswerMs = 20_000;
const startWithinMs = 30_000;

export class ChaosSite {
  readonly programs: RunningPrograms;
  readonly servers: Readonly<Record<ServerRole, string>>;
  readonly gateways: readonly ExchangeGateway[];
  readonly #asker: string;

  constructor({ net, gateways, telephonesEach }: ChaosSiteOptions, told: (outcry: Outcry) => void) {
    this.programs = new RunningPrograms("chaos", (outcry) => {
      this.programs.note(`${outcry.title.replace(" ", "-")}.log`, JSON.stringify(outcry.event));
      told(outcry);
    });
    const host = (octet: number) => `127.21.${net}.${octet}`;
    this.servers = { primary: host(1), backup: host(2) };
    this.#asker = host(200);
    this.gateways = Array.from({ length: gateways }, (_, index) => ({
      name: `gw${index + 1}.example`,
      address: host(11 + index),
      firstNumber: `${index + 1}01`,
      firstTelephone: `127.21.${net + 1 + index}.1`,
      lineCount: telephonesEach,
    }));
  }

  get shape(): SiteShape {
    const numbers = this.gateways.flatMap(({ firstNumber, lineCount }) =>
      Array.from({ length: lineCount }, (_, line) => String(Number(firstNumber) + line)),
    );
    return { gateways: this.gateways.length, numbers };
  }

  /** Until one is in charge of all gateways, the other hears it, and all telephones are there. */
  async start(): Promise<void> {
    const { folder } = this.programs;
    const gateways = this.gateways.map((gateway, index) => {
      const journal = {
        file: join(folder, `${gateway.name}.journal`),
        checkpointSeconds: checkpointMs / 1000,
        syncSeconds: 0.1,
      };
      const configuration = gatewayConfiguration(gateway, this.servers, this.#asker, folder, { journal });
      return this.programs.startConfigured(`gateway ${index + 1}`, "gateway", configuration);
    });
    await Promise.all(gateways.map((gateway) => happened(gateway, "listening")));
    const [primary, backup] = serverRoles.map((role) => {
      const configuration = serverConfiguration(role, this.servers, this.gateways, folder, heartbeat);
      return this.programs.startConfigured(role, "call-server", { ...configuration, calls: { noAnswerMs } });
    });
    const telephones = this.gateways.map((gateway, index) => this.#startTelephones(index + 1, gateway));
    await Promise.all(telephones.map((bank) => happened(bank, "ready")));
    if (primary !== undefined) await happened(primary, "in-charge");
    if (backup !== undefined) await happened(backup, "peer-up");
  }

  /** To the process that carries this telephone: `dial 201 101`. */
  tell(number: string, command: string): void {
    this.programs.named(`telephones ${gatewayOf(number)}`).say(command);
  }

  /** What each gateway says it has, as `holdover audit` tells it; null while one does not answer. */
  async audit(): Promise<readonly GatewayAudit[] | null> {
    const uris = this.gateways.map(({ address, name }) => `mgcp://${address}/${name}`);
    const { stdout } = await runHoldover(["audit", "--json", "--from", this.#asker, ...uris]);
    const [line] = linesOf(stdout);
    if (line === undefined) return null;
    const round: { readonly answers: readonly { readonly ok: boolean; readonly audit: GatewayAudit }[] } =
      JSON.parse(line);
    return round.answers.every(({ ok }) => ok) ? round.answers.map(({ audit }) => audit) : null;
  }

  /** `holdover calls`; null where it does not answer. */
  async calls(role: ServerRole): Promise<CallsReply | null> {
    const { exitCode, stdout } = await runHoldover(["calls", "--json", "-c", this.programs.configurationOf(role)]);
    return exitCode === 0 ? JSON.parse(stdout) : null;
  }

  /** What its store holds, as `holdover cdr` lists it. */
  async records(role: ServerRole): Promise<CallDetailRecord[]> {
    const configuration = this.programs.configurationOf(role);
    const { exitCode, stdout, stderr } = await runHoldover(["cdr", "--json", "-c", configuration]);
    if (exitCode !== 0) throw new Error(`holdover cdr of ${role}: ${stderr}`);
    return linesOf(stdout).map((line) => JSON.parse(line));
  }

  #startTelephones(number: number, gateway: ExchangeGateway): Program {
    const { address, firstTelephone, firstNumber, lineCount } = gateway;
    const self = ["--address", firstTelephone, "--number", firstNumber, "--count", String(lineCount)];
    return this.programs.start(`telephones ${number}`, ["phone", ...self, "--gateway", `${address}:5060`, "--json"]);
  }
}

/** Which gateway a telephone hangs on: 203 is the third telephone of gateway 2. */
export function gatewayOf(number: string): number {
  return Number(number.charAt(0));
}

function happened(program: Program, name: string): Promise<ProgramEvent> {
  return program.event(name, ({ event }) => event === name, startWithinMs);
}
