/**
 * Whose packets a leg believes. Until a stream has proved valid: the signalled address and port, or, where the far side
 * may be behind a NAT that changes its port, any port of the signalled address (RFC 4961). From then on: that one
 * address and port, and no other, until signalling names a new one. Packets of strangers never move it, however many
 * come (the "rtpbleed" attack).
 */
import { type Address, isUnspecified, sameAddress } from "#protocol/address.js";
import { canonicalIp } from "#protocol/ip-address.js";

/**
 * Who may start the stream. anyone: nothing is signalled yet and the connection receives all the same (RFC 3435 section
 * 2.3.5); what is learnt then is sent nothing, except of a loop, which gives back what it gets.
 */
export type SourceRule = "signalled" | "any port" | "anyone" | "anyone, looped";

export class SourceLatch {
  #rule: SourceRule = "any port";
  #signalled: Address | null = null;
  #learnt: Address | null = null;

  /** True when the far side has moved, or may be somebody else, and must be learnt again. */
  signal(remote: Address | null, rule: SourceRule = "any port"): boolean {
    const next = remote === null ? null : { address: canonicalIp(remote.address), port: remote.port };
    const before = this.#signalled;
    const isSame = next === before || (next !== null && before !== null && sameAddress(next, before));
    if (isSame && rule === this.#rule) return false;
    this.#rule = rule;
    this.#signalled = next;
    this.#learnt = null;
    return true;
  }

  /** peer: the learnt source; candidate: may become it by a valid stream; stranger: neither. Addresses are canonical. */
  judge(from: Address): "peer" | "candidate" | "stranger" {
    if (this.#learnt !== null) return sameAddress(from, this.#learnt) ? "peer" : "stranger";
    return this.#mayStart(from) ? "candidate" : "stranger";
  }

  #mayStart(from: Address): boolean {
    const signalled = this.#signalled;
    if (signalled === null) return this.#rule === "anyone" || this.#rule === "anyone, looped";
    return from.address === signalled.address && (this.#rule !== "signalled" || from.port === signalled.port);
  }

  /** This very address and port were signalled. */
  isSignalled(from: Address): boolean {
    return this.#signalled !== null && sameAddress(from, this.#signalled);
  }

  /** A stream from here proved valid. */
  confirm(from: Address): void {
    this.#learnt = from;
  }

  get learnt(): Address | null {
    return this.#learnt;
  }

  /** Where to send: symmetric to what is heard, before that as signalled; nowhere while nothing is, but for a loop. */
  get destination(): Address | null {
    if (this.#signalled === null) return this.#rule === "anyone, looped" ? this.#learnt : null;
    return isUnspecified(this.#signalled) ? null : (this.#learnt ?? this.#signalled);
  }

  get signalled(): Address | null {
    return this.#signalled;
  }
}
