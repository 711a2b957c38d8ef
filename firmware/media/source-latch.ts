/**
 * Whose packets a leg believes. Until a stream has proved valid: any port of the signalled address, for behind a NAT the
 * port is not the signalled one (RFC 4961). From then on: that one address and port, and no other, until signalling
 * names a new one. Packets of strangers never move it, however many come (the "rtpbleed" attack).
 */
import { type Address, sameAddress } from "#protocol/address.js";
import { canonicalIp } from "#protocol/ip-address.js";

export class SourceLatch {
  #signalled: Address | null = null;
  #learnt: Address | null = null;

  /** True when the far side has moved and must be learnt again. */
  signal(remote: Address | null): boolean {
    const next = remote === null ? null : { address: canonicalIp(remote.address), port: remote.port };
    const before = this.#signalled;
    if (next === before || (next !== null && before !== null && sameAddress(next, before))) return false;
    this.#signalled = next;
    this.#learnt = null;
    return true;
  }

  /** peer: the learnt source; candidate: may become it by a valid stream; stranger: neither. Addresses are canonical. */
  judge(from: Address): "peer" | "candidate" | "stranger" {
    if (this.#learnt !== null) return sameAddress(from, this.#learnt) ? "peer" : "stranger";
    return this.#signalled !== null && from.address === this.#signalled.address ? "candidate" : "stranger";
  }

  /** A stream from here proved valid. */
  confirm(from: Address): void {
    this.#learnt = from;
  }

  get learnt(): Address | null {
    return this.#learnt;
  }

  /** Where to send: symmetric to what is heard, before that as signalled. */
  get destination(): Address | null {
    return this.#learnt ?? this.#signalled;
  }

  get signalled(): Address | null {
    return this.#signalled;
  }
}
