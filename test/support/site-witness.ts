/**
 * The witness of a simulated site: tells a call witness what the site's telephones say, and watches the wires for gateways
 * that obey another server than the one they said they would.
 */
import { CallWitness } from "./call-witness.js";
import { checkpointMs } from "./simulated-gateway.js";
import type { SimulatedSite } from "./simulated-site.js";

export class SiteWitness {
  readonly calls: CallWitness;
  readonly #site: SimulatedSite;
  readonly #numbers: readonly string[];
  readonly #read = new Map<string, number>();

  constructor(site: SimulatedSite, numbers: readonly string[]) {
    this.#site = site;
    this.#numbers = numbers;
    // The half that a dead gateway leaves is billed until it was released; how long that may take is not held here.
    this.calls = new CallWitness({ numbers, gatewayOf, checkpointMs });
    this.#watchWires();
  }

  get broken(): readonly string[] {
    return this.calls.broken;
  }

  /** After every step. */
  look(): void {
    const sights = this.#numbers.flatMap((number) => {
      const { said } = this.#site.phone(number);
      const news = said.slice(this.#read.get(number) ?? 0).map((event) => ({ number, ...event }));
      this.#read.set(number, said.length);
      return news;
    });
    for (const sight of sights.sort((a, b) => a.atMs - b.atMs)) this.calls.saw(sight);
  }

  /** The first time a gateway says it did what a server told it, that server must be the one it obeys. */
  #watchWires(): void {
    const commands = new Map<string, string>();
    // An answer is given again for a command that is (section 3.5.1), which is not to obey it again.
    const answered = new Set<string>();
    this.#site.network.observe = (bytes, from, to) => {
      const isCommand = to.port === 2427;
      if (!isCommand && from.port !== 2427) return;
      for (const message of Buffer.from(bytes).toString("latin1").split("\n.\n")) {
        const [first = "", transaction = ""] = message.split(" ", 2);
        const key = `${isCommand ? from.address : to.address} ${isCommand ? to.address : from.address} ${transaction}`;
        if (isCommand && /^(CRCX|MDCX|DLCX|RQNT)$/i.test(first)) commands.set(key, first);
        const command = commands.get(key);
        if (isCommand || command === undefined || answered.has(key) || !/^2\d\d$/.test(first)) continue;
        answered.add(key);
        this.#obeyed(command, from.address, to.address);
      }
    };
  }

  #obeyed(command: string, gatewayAddress: string, serverAddress: string): void {
    const gateway = this.#site.gateways.find(({ options }) => options.address === gatewayAddress);
    const owner = gateway?.disk.epoch?.server;
    if (owner === undefined || this.#site.addressOf(owner) === serverAddress) return;
    const atMs = Math.round(this.#site.network.at.nowMs);
    this.calls.broken.push(
      `at ${atMs} ${gateway?.options.name} obeys ${owner}, and did ${command} of ${serverAddress}`,
    );
  }
}

function gatewayOf(number: string): 0 | 1 {
  return number.startsWith("1") ? 0 : 1;
}
