/** The edge under a relay client in a test: one socket, the real transactions, and the real time. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Address } from "../../firmware/protocol/address.js";
import { transactionDefaults } from "../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../firmware/protocol/mgcp/transactions.js";
import { type ChannelTurn, CommandChannel } from "../../host/call-agent/command-channel.js";
import { type Relay, type RelayPurpose, type RelayTurn, relayAnswered } from "../../host/call-agent/relay.js";
import { Outbox } from "../../host/server-output.js";

const holdsWithinMs = 10_000;

export class RelayDriver {
  readonly #socket: Socket;
  readonly #to: Address;
  readonly #outbox = new Outbox();
  readonly #channel: CommandChannel<RelayPurpose>;
  readonly refusals: string[] = [];
  #relay: Relay;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket, to: Address, started: RelayTurn) {
    this.#socket = socket;
    this.#to = to;
    this.#channel = new CommandChannel(new MgcpTransactions(transactionDefaults, Math.random), this.#outbox);
    this.#relay = started.relay;
    socket.on("message", (bytes, { address, port }) => {
      this.#answers(this.#channel.receive(bytes, { address, port }, performance.now()));
      this.#wake?.();
    });
  }

  static async open(local: Address, to: Address, started: RelayTurn): Promise<RelayDriver> {
    const socket = createSocket("udp4").bind(local.port, local.address);
    await once(socket, "listening");
    const driver = new RelayDriver(socket, to, started);
    driver.take(started);
    return driver;
  }

  get relay(): Relay {
    return this.#relay;
  }

  close(): void {
    this.#socket.close();
  }

  take({ relay, commands, refusal }: RelayTurn): void {
    this.#relay = relay;
    if (refusal !== null) this.refusals.push(refusal);
    const to = { name: relay.plan.gateway, mgcp: this.#to };
    for (const { command, purpose } of commands) this.#channel.send(command, to, purpose, performance.now());
    this.#flush();
  }

  /** Lets the client go on until it holds of the relay. */
  async until(holds: (relay: Relay) => boolean): Promise<Relay> {
    const deadlineMs = performance.now() + holdsWithinMs;
    while (!holds(this.#relay)) {
      const nowMs = performance.now();
      if (nowMs >= deadlineMs) throw new Error(`it does not come about: ${this.refusals.join("; ")}`);
      const waitMs = Math.max(0, Math.min(deadlineMs, this.#channel.next() ?? deadlineMs) - nowMs);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#answers(this.#channel.tick(performance.now()));
    }
    return this.#relay;
  }

  #answers({ answers }: ChannelTurn<RelayPurpose>): void {
    for (const { purpose, response } of answers) this.take(relayAnswered(this.#relay, purpose, response));
    this.#flush();
  }

  #flush(): void {
    for (const output of this.#outbox.take()) {
      if (output.kind !== "send-mgcp") continue;
      const { bytes, to } = output.datagram;
      this.#socket.send(bytes, to.port, to.address);
    }
  }
}
