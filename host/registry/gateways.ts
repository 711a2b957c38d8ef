/** All gateways of the configuration with what is known of each; found by name or by address, weighed by epoch. */
import type { GatewayAudit } from "#protocol/active-connection.js";
import { epochResettableFrom } from "#protocol/mgcp/recovery-package.js";
import type { GatewayKnowledge } from "./found-connection.js";
import { GatewayLink, type LinkOptions } from "./gateway-link.js";
import { type GatewayPlace, type KnownGateway, knownGateway } from "./known-gateway.js";

export class Gateways {
  readonly #byName = new Map<string, KnownGateway>();
  readonly #byAddress = new Map<string, KnownGateway>();

  constructor(places: readonly GatewayPlace[], options: LinkOptions, nowMs: number) {
    for (const place of places) {
      const known = knownGateway(place, new GatewayLink(options), nowMs);
      this.#byName.set(place.domain.toLowerCase(), known);
      this.#byAddress.set(place.address, known);
    }
  }

  /** Domain names are case-insensitive. */
  named(name: string): KnownGateway | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  at(address: string): KnownGateway | undefined {
    return this.#byAddress.get(address);
  }

  all(): KnownGateway[] {
    return [...this.#byName.values()];
  }

  /** In hand: its calls and lines are this server's. */
  adopted(): KnownGateway[] {
    return this.all().filter(({ link }) => link.isAdopted);
  }

  isUp(name: string): boolean {
    return this.named(name)?.link.isAdopted ?? false;
  }

  isInService(name: string, endpoint: string): boolean {
    return this.isUp(name) && this.named(name)?.service.isIn(endpoint) === true;
  }

  bootIdOf(name: string): string {
    return this.named(name)?.bootId ?? "";
  }

  /** Highest epoch number any gateway told of, whoever owns it; one that must be a fault is nobody's measure. */
  highestEpoch(): number {
    const numbers = this.all().map(({ link }) => link.epoch?.number ?? 0);
    return Math.max(0, ...numbers.filter((number) => number < epochResettableFrom));
  }

  /** Highest epoch number granted to this server. */
  highestGranted(): number {
    return Math.max(0, ...this.all().map(({ link }) => link.granted?.number ?? 0));
  }

  /** Null for a gateway that is not ours to ask. Without a name: what all of them together can tell. */
  knowledgeOf(name: string | null): GatewayKnowledge | null {
    if (name === null) {
      const all = this.all().map(knowledgeOf);
      return all.find((one) => one === "pending") ?? all.find((one) => one === "unreachable") ?? "up";
    }
    const gateway = this.named(name);
    return gateway === undefined ? null : knowledgeOf(gateway);
  }

  /** Whether a connection was found whose call is not in hand yet. */
  hasFound(callId: string): boolean {
    return this.all().some(({ found }) => found.some(({ connection }) => connection.callId === callId));
  }

  /** This server is no longer in charge of any. */
  release(): void {
    for (const gateway of this.all()) {
      gateway.link.release();
      gateway.found = [];
      gateway.pingsWaiting = 0;
    }
  }
}

/** One that does not list its connections tells no more of them than one that cannot be reached. */
function knowledgeOf({ link, isPartial }: KnownGateway): GatewayKnowledge {
  if (link.isAdopted) return isPartial ? "unreachable" : "up";
  return link.state.name === "down" ? "unreachable" : "pending";
}

/** What an audit says of the gateway itself; tells whether it restarted, and whether anything is new. */
export function learnGateway(gateway: KnownGateway, audit: GatewayAudit): { hasRestarted: boolean; isNews: boolean } {
  const { bootId, counter } = gateway;
  gateway.bootId = audit.bootId ?? bootId;
  gateway.counter = audit.counter ?? counter;
  gateway.link.told(audit.epoch);
  if (audit.bootId !== null && audit.via === "mgcp") gateway.hasRecovery = true;
  const isOtherBoot = audit.bootId !== null && bootId !== null && audit.bootId !== bootId;
  return {
    hasRestarted: isOtherBoot,
    isNews: audit.counter === null || audit.counter !== counter || audit.bootId !== bootId,
  };
}
