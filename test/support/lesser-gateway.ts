/**
 * A gateway of another maker on the simulated network: RFC 3435 with packages L, D and G, no x-ho, no event L/of, no EPCF.
 * It keeps every command it was given as text, and its connections in a table that AUCX tells of.
 */
import type { Address } from "../../firmware/protocol/address.js";
import { parseAddress } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import type { EventName, MgcpCommand, MgcpParameters } from "../../firmware/protocol/mgcp/message.js";
import {
  type CommandToSend,
  type ResponseToSend,
  transactionDefaults,
} from "../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../firmware/protocol/mgcp/transactions.js";
import { writeMessage } from "../../firmware/protocol/mgcp/write.js";
import type { SimulatedMoment, SimulatedNetwork, SimulatedNode } from "./simulated-network.js";

interface LesserConnection {
  readonly endpoint: string;
  readonly callId: string;
  mode: string;
  remote: string | null;
}

export class LesserGateway implements SimulatedNode {
  readonly connections = new Map<string, LesserConnection>();
  readonly given: string[] = [];
  /** What each line was last asked to play. */
  readonly signals = new Map<string, string>();
  /** Refuses instead where it gives something. */
  refuse: (command: MgcpCommand) => number | ResponseToSend | null = () => null;
  readonly #name: string;
  readonly #lines: readonly string[];
  readonly #address: Address;
  readonly #network: SimulatedNetwork;
  readonly #transactions: MgcpTransactions;
  readonly #notified = new Map<string, { entity: string; requestIdentifier: string }>();
  #made = 0;

  constructor(name: string, address: string, lines: readonly string[], network: SimulatedNetwork, random: Random) {
    this.#name = name;
    this.#lines = lines;
    this.#address = { address, port: 2427 };
    this.#network = network;
    this.#transactions = new MgcpTransactions(transactionDefaults, random);
    network.listen(this.#address, (bytes, from, at) => {
      const { sends, events } = this.#transactions.receive(bytes, from, at.nowMs);
      for (const datagram of sends) network.send(this.#address, datagram.to, datagram.bytes);
      for (const event of events) {
        if (event.kind !== "command") continue;
        const answers = this.#transactions.respond(event.reply, this.#execute(event.command), at.nowMs);
        for (const datagram of answers) network.send(this.#address, datagram.to, datagram.bytes);
      }
    });
    network.add(this);
  }

  next(): number | null {
    return this.#transactions.next();
  }

  tick(at: SimulatedMoment): void {
    const { sends } = this.#transactions.tick(at.nowMs);
    for (const datagram of sends) this.#network.send(this.#address, datagram.to, datagram.bytes);
  }

  /** Notifies whoever asked last. */
  notify(line: string, ...observedEvents: readonly EventName[]): void {
    const { requestIdentifier = "0" } = this.#notified.get(line) ?? {};
    this.command("NTFY", line, { requestIdentifier, observedEvents }, line);
  }

  /** Its own command, to the agent that asked last for events of the line. */
  command(verb: CommandToSend["verb"], local: string, parameters: MgcpParameters, line: string): void {
    const to = parseAddress((this.#notified.get(line)?.entity ?? "").replace(/^ca@\[(.*)\]/, "$1"));
    if (!to.ok) throw new Error(`${line} has no notified entity: ${to.reason}`);
    const command = { verb, endpoint: { local, domain: this.#name }, parameters, session: null };
    for (const datagram of this.#transactions.send(command, to.value, this.#network.at.nowMs).sends)
      this.#network.send(this.#address, datagram.to, datagram.bytes);
  }

  #execute(command: MgcpCommand): ResponseToSend {
    this.given.push(Buffer.from(writeMessage(command)).toString());
    const refused = this.refuse(command);
    if (refused !== null) return typeof refused === "number" ? response(refused) : refused;
    const { verb, endpoint, parameters } = command;
    const isAll = endpoint.local === "*";
    if (!isAll && !this.#lines.includes(endpoint.local)) return response(500);
    if (parameters.extensions !== undefined) return response(518);
    switch (verb) {
      case "AUEP":
        return isAll ? this.#list() : this.#describe(endpoint.local, parameters.requestedInfo ?? []);
      case "AUCX":
        return this.#audit(parameters.connectionIds?.[0] ?? "");
      case "RQNT":
        return this.#request(endpoint.local, parameters);
      case "CRCX":
      case "MDCX":
      case "DLCX":
        return this.#both(command);
      default:
        return response(504);
    }
  }

  /** RFC 3435 section 2.3.5: the connection and the request within are both accepted, or both refused. */
  #both(command: MgcpCommand): ResponseToSend {
    const { verb, endpoint, parameters } = command;
    const requested =
      parameters.requestIdentifier === undefined ? response(200) : this.#request(endpoint.local, parameters);
    if (requested.code !== 200) return requested;
    return verb === "DLCX" ? this.#delete(command) : this.#connect(command);
  }

  #list(): ResponseToSend {
    return response(200, { endpointIds: this.#lines.map((local) => ({ local, domain: this.#name })) });
  }

  #describe(line: string, asked: readonly string[]): ResponseToSend {
    const ids = [...this.connections].filter(([, { endpoint }]) => endpoint === line).map(([id]) => id);
    return response(200, {
      ...(asked.includes("I") && { connectionIds: ids }),
      ...(asked.includes("A") && { capabilities: [{ options: { encodings: ["PCMA"] }, packages: ["L", "D", "G"] }] }),
    });
  }

  #audit(id: string): ResponseToSend {
    const found = this.connections.get(id);
    if (found === undefined) return response(515);
    const { callId, mode, remote } = found;
    return response(200, { callId, mode }, remote === null ? [this.#session()] : [this.#session(), remote]);
  }

  #request(line: string, { requestIdentifier = "0", requestedEvents = [], signals = [], ...more }: MgcpParameters) {
    if (requestedEvents.some(({ event }) => event === "of")) return response(522);
    const before = this.#notified.get(line)?.entity ?? "";
    this.#notified.set(line, { entity: more.notifiedEntity ?? before, requestIdentifier });
    this.signals.set(line, signals.map(({ packageName, event }) => `${packageName}/${event}`).join());
    return response(200);
  }

  #connect({ verb, endpoint, parameters, session }: MgcpCommand): ResponseToSend {
    this.#made += verb === "CRCX" ? 1 : 0;
    const id = verb === "CRCX" ? `A${this.#made}` : (parameters.connectionIds?.[0] ?? "");
    const { callId = "", mode = "inactive" } = parameters;
    const made = { endpoint: endpoint.local, callId, mode, remote: null };
    const connection = verb === "CRCX" ? made : this.connections.get(id);
    if (connection === undefined) return response(515);
    connection.mode = parameters.mode ?? connection.mode;
    this.connections.set(id, { ...connection, remote: session ?? connection.remote });
    return response(200, verb === "CRCX" ? { connectionIds: [id] } : {}, [this.#session()]);
  }

  #delete({ endpoint, parameters: { connectionIds, callId } }: MgcpCommand): ResponseToSend {
    for (const [id, connection] of this.connections) {
      const isMeant = connectionIds === undefined ? connection.callId === callId : connectionIds.includes(id);
      if (isMeant && connection.endpoint === endpoint.local) this.connections.delete(id);
    }
    return response(250, { connectionParameters: { packetsSent: 9, packetsReceived: 8 } });
  }

  #session(): string {
    const { address } = this.#address;
    return [
      "v=0",
      `o=- 1 1 IN IP4 ${address}`,
      "s=-",
      `c=IN IP4 ${address}`,
      "t=0 0",
      "m=audio 4000 RTP/AVP 8",
      "a=ptime:20",
      "",
    ].join("\r\n");
  }
}

function response(code: number, parameters: MgcpParameters = {}, sessions: string[] = []): ResponseToSend {
  return { code, comment: "", parameters, sessions };
}
