/**
 * The endpoints of the gateway with what MGCP keeps of each: whom to notify, what is watched for and played, and how it
 * is configured. Names are matched with the wildcard "all of" (RFC 3435 section 2.1.2).
 */
import { endpointMatches } from "#protocol/mgcp/local-name.js";
import type { BearerInformation, EmbeddedRequest } from "#protocol/mgcp/message.js";
import { ActiveSignals } from "./active-signals.js";
import { ConnectionWatch } from "./connection-watch.js";
import { EventRequests, type EventRequestsOptions } from "./event-requests.js";
import { LockstepTimer } from "./lockstep-timer.js";
import { NotifiedEntity } from "./notified-entity.js";
import { linePackages, type Packages, relayPackages } from "./packages.js";

export interface Endpoint {
  readonly local: string;
  readonly hasLine: boolean;
  readonly packages: Packages;
  readonly requests: EventRequests;
  readonly signals: ActiveSignals;
  readonly lockstep: LockstepTimer;
  readonly watch: ConnectionWatch;
  readonly agent: NotifiedEntity;
  /** N: of the request in force, which its Notifys repeat (section 2.3.4); null where it had none. */
  requestEntity: string | null;
  /** As last received by EPCF (section 2.3.2); null before. */
  bearer: BearerInformation | null;
}

export interface EndpointsOptions extends EventRequestsOptions {
  readonly lines: readonly string[];
  readonly relays: readonly string[];
  /** As provisioned, and those to try after it. */
  readonly notifiedEntity: string;
  readonly notifiedEntityList: readonly string[];
}

/** The code for which an embedded request of this endpoint cannot be carried out now, or null. */
export type RefusesEmbedded = (endpoint: Endpoint, request: EmbeddedRequest) => number | null;

export class Endpoints {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #all: readonly Endpoint[];

  constructor(options: EndpointsOptions, refuses: RefusesEmbedded) {
    for (const local of options.lines) this.#add(local, true, options, refuses);
    for (const local of options.relays) this.#add(local, false, options, refuses);
    this.#all = [...this.#endpoints.values()];
  }

  get(local: string): Endpoint | undefined {
    return this.#endpoints.get(local.toLowerCase());
  }

  all(): readonly Endpoint[] {
    return this.#all;
  }

  /** Empty when the name, or the pattern, fits none. */
  matching(pattern: string): readonly Endpoint[] {
    const exact = this.get(pattern);
    if (exact !== undefined) return [exact];
    if (pattern === "*") return this.#all;
    return this.#all.filter((endpoint) => endpointMatches(pattern, endpoint.local));
  }

  #add(local: string, hasLine: boolean, options: EndpointsOptions, refuses: RefusesEmbedded): void {
    const endpoint: Endpoint = {
      local,
      hasLine,
      packages: hasLine ? linePackages : relayPackages,
      requests: new EventRequests(options, (request) => refuses(endpoint, request)),
      signals: new ActiveSignals(),
      lockstep: new LockstepTimer(),
      watch: new ConnectionWatch(),
      agent: new NotifiedEntity(options.notifiedEntity, options.notifiedEntityList),
      requestEntity: null,
      bearer: null,
    };
    this.#endpoints.set(local, endpoint);
  }
}
