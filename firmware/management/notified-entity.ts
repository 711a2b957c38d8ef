/**
 * Whom an endpoint tells (RFC 3435 sections 2.1.4 and 4.1, RFC 3991 section 2.1): the notified entity, those to try after
 * it, and, where neither is set, the source of the last command.
 */
import { type Address, formatAddress } from "#protocol/address.js";

export class NotifiedEntity {
  #name: string;
  #list: readonly string[];
  #source: Address | null = null;

  /** As provisioned; a restart comes back to it. */
  constructor(name: string, list: readonly string[]) {
    this.#name = name;
    this.#list = list;
  }

  /** As audited: `ca@[192.0.2.1]:2727`; empty when there is none at all. */
  get name(): string {
    return this.names[0] ?? "";
  }

  /** Source of the last command, where a name's addresses leave the choice (section 4.1). */
  get source(): Address | null {
    return this.#source;
  }

  /** RED/NL as audited: without the notified entity itself. */
  get list(): readonly string[] {
    return this.#list;
  }

  /** In the order they are tried. */
  get names(): readonly string[] {
    const names = [...new Set([this.#name, ...this.#list])].filter((name) => name !== "");
    if (names.length > 0 || this.#source === null) return names;
    return [entityName(this.#source)];
  }

  /** Empty takes the name away. */
  set(name: string): void {
    this.#name = name;
  }

  setList(list: readonly string[]): void {
    this.#list = list;
  }

  /** The source of a successful command that was no audit. */
  commanded(source: Address): void {
    this.#source = source;
  }
}

/** An address as the name of a call agent. */
export function entityName(agent: Address): string {
  const text = formatAddress(agent);
  const host = text.slice(0, text.lastIndexOf(":"));
  return `ca@${host.startsWith("[") ? host : `[${host}]`}:${agent.port}`;
}
