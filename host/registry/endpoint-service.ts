/**
 * Which endpoints of a gateway are in service, as it tells by RestartInProgress (RFC 3435 section 2.3.12): a graceful or
 * forced one takes them out of it, cancel-graceful and restart bring them back. Calls that are up are not its concern.
 */
import { endpointMatches } from "#protocol/mgcp/local-name.js";

/** Names kept, each with its wildcards; a gateway that takes out more, one by one, is taken to be out as a whole. */
export const namesOutMax = 1_000;

export class EndpointService {
  #out = new Set<string>();

  /** `name`: local name, with its wildcards. */
  isIn(endpoint: string): boolean {
    for (const name of this.#out) if (endpointMatches(name, endpoint)) return false;
    return true;
  }

  takeOut(name: string): void {
    this.#out.add(name.toLowerCase());
    if (this.#out.size > namesOutMax) this.#out = new Set(["*"]);
  }

  bringBack(name: string): void {
    for (const out of this.#out) if (out === name.toLowerCase() || endpointMatches(name, out)) this.#out.delete(out);
  }
}
