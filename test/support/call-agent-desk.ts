/** A call agent between two gateways with two lines each that do what they are told, or what the test says instead. */
import type { EventName, MgcpParameters, MgcpResponse } from "../../firmware/protocol/mgcp/message.js";
import type { AgentCommand } from "../../host/call-agent/agent-command.js";
import { emptyAgentTurn } from "../../host/call-agent/agent-turn.js";
import { CallAgent } from "../../host/call-agent/call-agent.js";
import { DialPlan } from "../../host/call-agent/dial-plan.js";
import { JournalBook } from "../../host/cdr/journal-book.js";
import { seededRandom } from "./seeded-random.js";

const lines = [
  { gateway: "gw1", endpoint: "aaln/1", number: "101" },
  { gateway: "gw1", endpoint: "aaln/2", number: "102" },
  { gateway: "gw2", endpoint: "aaln/1", number: "201" },
  { gateway: "gw2", endpoint: "aaln/2", number: "202" },
];
const policy = { encodings: ["PCMU"], ptimeMs: 20, dscp: 46 };

export function response(code: number, parameters: MgcpParameters = {}, sessions: string[] = []): MgcpResponse {
  return { kind: "response", code, transactionId: 1, packageName: null, comment: "", parameters, sessions };
}

export function seen(packageName: string, event: string, ...parameters: string[]): EventName {
  return { packageName, event, connectionId: null, parameters };
}

export class CallAgentDesk {
  readonly agent: CallAgent;
  readonly turn = emptyAgentTurn();
  /** All commands given so far. */
  readonly given: AgentCommand[] = [];
  readonly outOfService = new Set<string>();
  /** Undefined: as a gateway that can do it all answers. */
  answer: (command: AgentCommand) => MgcpResponse | undefined = () => undefined;
  nowMs = 0;
  #made = 0;

  constructor() {
    const gateways = {
      isUp: () => true,
      isInService: (gateway: string, endpoint: string) => !this.outOfService.has(`${endpoint}@${gateway}`),
      bootIdOf: () => "B1",
    };
    const options = { server: "ca1", policy, noAnswerMs: 60_000, digitsMs: 16_000, billWaitMs: 3_000, callsMax: 10 };
    const parts = { plan: new DialPlan(lines), gateways, book: new JournalBook(), random: seededRandom(7) };
    this.agent = new CallAgent(options, parts);
    for (const gateway of ["gw1", "gw2"]) this.agent.takeLines(gateway, () => true, this.at, this.turn);
    this.settle();
  }

  get at() {
    return { nowMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs };
  }

  /** Under the line's last request. */
  notify(gateway: string, endpoint: string, ...observed: readonly EventName[]): void {
    this.observe(gateway, endpoint, observed);
    this.settle();
  }

  /** The same, while a command is being answered. */
  observe(gateway: string, local: string, observedEvents: readonly EventName[], requestIdentifier?: string): void {
    const given = this.requests(gateway, local).at(-1)?.parameters.requestIdentifier ?? "0";
    const parameters = { observedEvents, requestIdentifier: requestIdentifier ?? given };
    this.agent.notify(gateway, { endpoint: { local, domain: gateway }, parameters }, this.at, this.turn);
  }

  dial(gateway: string, endpoint: string, number: string): void {
    this.notify(gateway, endpoint, seen("L", "hd"));
    this.notify(gateway, endpoint, ...[...number].map((digit) => seen("D", digit)));
  }

  /** Answers commands until there are none. */
  settle(): void {
    for (let command = this.turn.commands.shift(); command !== undefined; command = this.turn.commands.shift()) {
      this.given.push(command);
      const answer = this.answer(command) ?? this.#plain(command);
      this.agent.answered(command.purpose, answer, this.nowMs, this.at, this.turn);
    }
  }

  /** What a line was last asked to play, as `L/rg`. */
  signal(gateway: string, endpoint: string): string {
    const requests = this.requests(gateway, endpoint);
    return (requests.at(-1)?.parameters.signals ?? [])
      .map(({ packageName, event }) => `${packageName}/${event}`)
      .join();
  }

  /** Commands that brought a line a request, which is RQNT and those that had one within. */
  requests(gateway: string, endpoint: string): AgentCommand[] {
    return this.given.filter(
      (command) =>
        command.parameters.requestIdentifier !== undefined &&
        command.gateway === gateway &&
        command.endpoint === endpoint,
    );
  }

  /** States of calls as told to the log, with why. */
  get states(): string[] {
    return this.turn.events.flatMap((event) =>
      event.event === "call-state" ? [event.cause === null ? event.state : `${event.state} ${event.cause}`] : [],
    );
  }

  #plain({ verb }: AgentCommand): MgcpResponse {
    if (verb !== "CRCX") return response(verb === "DLCX" ? 250 : 200);
    this.#made += 1;
    return response(200, { connectionIds: [`C${this.#made}`] }, [`sdp ${this.#made}`]);
  }
}
