/**
 * The endpoints of the gateway with what MGCP keeps of each: whom to notify, what is watched for, and the Notify that is
 * under way. Names are matched with the wildcard "all of" (RFC 3435 section 2.1.2).
 */
import { endpointMatches } from "#protocol/mgcp/local-name.js";
import { EventRequests, type EventRequestsOptions } from "./event-requests.js";

export interface Endpoint {
  readonly local: string;
  readonly requests: EventRequests;
  /** `ca@[192.0.2.1]:2727`; empty: the source of the last command. */
  notifiedEntity: string;
  /** Transaction of the Notify that is under way. */
  notify: number | null;
}

export class Endpoints {
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(locals: readonly string[], notifiedEntity: string, options: EventRequestsOptions) {
    for (const local of locals)
      this.#endpoints.set(local, { local, requests: new EventRequests(options), notifiedEntity, notify: null });
  }

  get(local: string): Endpoint | undefined {
    return this.#endpoints.get(local.toLowerCase());
  }

  all(): Endpoint[] {
    return [...this.#endpoints.values()];
  }

  /** Empty when the name, or the pattern, fits none. */
  matching(pattern: string): Endpoint[] {
    const exact = this.get(pattern);
    if (exact !== undefined) return [exact];
    return this.all().filter((endpoint) => endpointMatches(pattern, endpoint.local));
  }

  withNotify(transactionId: number): Endpoint | undefined {
    return this.all().find((endpoint) => endpoint.notify === transactionId);
  }
}
