/** A gateway of the configuration with what this server knows of it at the moment. */
import type { Address } from "#protocol/address.js";
import type { GatewayConfig } from "../config.js";
import type { FoundHalf } from "../watch/reconciliation.js";
import type { GatewayLink } from "./gateway-link.js";

export interface KnownGateway {
  readonly config: GatewayConfig;
  readonly mgcp: Address;
  readonly link: GatewayLink;
  bootId: string | null;
  counter: number | null;
  lastHeardMs: number;
  /** Commands sent only to be heard, that wait for their answers. */
  pingsWaiting: number;
  /** Since it last heard the peer, as it said last; null: never, or not asked. */
  peerHeardAgeMs: number | null;
  /** Whether it answered a question since this server started. */
  hasAnswered: boolean;
  /** Connections an audit found whose calls are not in hand yet. */
  found: FoundHalf[];
  /** Connections without a call in the last poll; those there again are deleted. */
  strays: ReadonlySet<string>;
}

export function knownGateway(config: GatewayConfig, link: GatewayLink, nowMs: number): KnownGateway {
  return {
    config,
    mgcp: { address: config.address, port: config.mgcpPort },
    link,
    bootId: null,
    counter: null,
    lastHeardMs: nowMs,
    pingsWaiting: 0,
    peerHeardAgeMs: null,
    hasAnswered: false,
    found: [],
    strays: new Set(),
  };
}
