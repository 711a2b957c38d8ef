/** A gateway of the configuration with what this server knows of it at the moment. */
import type { AuditProtocol } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { EndpointService } from "./endpoint-service.js";
import type { FoundHalf } from "./found-connection.js";
import type { GatewayLink } from "./gateway-link.js";

/** As configured. */
export interface GatewayPlace {
  readonly domain: string;
  readonly address: string;
  readonly mgcpPort: number;
  readonly poll: AuditProtocol;
  /** One of its endpoints, to be pinged. */
  readonly firstEndpoint: string;
  readonly speaks: readonly AuditProtocol[];
}

export interface KnownGateway {
  readonly place: GatewayPlace;
  /** Its domain name as configured. */
  readonly name: string;
  readonly mgcp: Address;
  readonly link: GatewayLink;
  bootId: string | null;
  counter: number | null;
  lastHeardMs: number;
  /** Commands sent only to be heard, that wait for their answers. */
  pingsWaiting: number;
  /** Since it last heard the peer, as it said last; null: never, or not asked. */
  peerHeardAgeMs: number | null;
  /** Whether it has package x-ho; null: not asked yet. Without it none of the package's parameters is sent to it. */
  hasRecovery: boolean | null;
  /** Its last audit could not tell which connections there are. */
  isPartial: boolean;
  /** What it said of endpoints it takes out of service (RSIP). */
  readonly service: EndpointService;
  /** It spoke of a restart while it was being audited. */
  isToBeAuditedAgain: boolean;
  /** Whether it answered a question since this server started. */
  hasAnswered: boolean;
  /** Connections an audit found whose calls are not in hand yet. */
  found: FoundHalf[];
  /** Connections without a call in the last poll; those there again are deleted. */
  strays: ReadonlySet<string>;
}

export function knownGateway(place: GatewayPlace, link: GatewayLink, nowMs: number): KnownGateway {
  return {
    place,
    name: place.domain,
    mgcp: { address: place.address, port: place.mgcpPort },
    link,
    bootId: null,
    counter: null,
    lastHeardMs: nowMs,
    pingsWaiting: 0,
    peerHeardAgeMs: null,
    hasRecovery: null,
    isPartial: false,
    service: new EndpointService(),
    isToBeAuditedAgain: false,
    hasAnswered: false,
    found: [],
    strays: new Set(),
  };
}
