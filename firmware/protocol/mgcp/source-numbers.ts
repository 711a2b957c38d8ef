/**
 * Small numbers in place of the addresses that commands come from, so that what is kept of a command can name its source
 * in a number. An address has its number as long as something is held of it; then the number is another's.
 */
import { type Address, formatAddress, sameAddress } from "../address.js";

interface Source {
  readonly address: string;
  readonly number: number;
  held: number;
}

export class SourceNumbers {
  readonly #byAddress = new Map<string, Source>();
  readonly #byNumber: Source[] = [];
  readonly #free: number[] = [];
  /** One source sends many commands in a row. */
  #lastAddress: Address | null = null;
  #last: Source | null = null;

  /** Null: nothing is held of it. */
  find(address: Address): number | null {
    return this.#find(address)?.number ?? null;
  }

  /** To be released as often as it was held. */
  hold(address: Address): number {
    const source = this.#find(address) ?? this.#add(address);
    source.held += 1;
    return source.number;
  }

  release(number: number): void {
    const source = this.#byNumber[number];
    if (source === undefined) return;
    source.held -= 1;
    if (source.held > 0) return;
    this.#byAddress.delete(source.address);
    this.#free.push(number);
    this.#lastAddress = null;
  }

  #find(address: Address): Source | null {
    if (this.#lastAddress !== null && sameAddress(address, this.#lastAddress)) return this.#last;
    this.#lastAddress = address;
    this.#last = this.#byAddress.get(formatAddress(address)) ?? null;
    return this.#last;
  }

  #add(address: Address): Source {
    const source = { address: formatAddress(address), number: this.#free.pop() ?? this.#byNumber.length, held: 0 };
    this.#byAddress.set(source.address, source);
    this.#byNumber[source.number] = source;
    this.#lastAddress = address;
    this.#last = source;
    return source;
  }
}
