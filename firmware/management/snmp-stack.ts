/**
 * Everything of the gateway that speaks SNMP, put together from its configuration: the agent that answers, the engine of
 * its v3 users, and the notifier that tells of its own accord. One socket carries all of it.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { holdoverRoot } from "#protocol/mib/holdover-mib.js";
import type { ConnectionNotificationName } from "#protocol/mib/notifications.js";
import { CommunityEnvelope } from "#protocol/snmp/community-envelope.js";
import { engineIdOf } from "#protocol/snmp/snmp-engine.js";
import type { SnmpEnvelope } from "#protocol/snmp/snmp-envelope.js";
import { UsmSession } from "#protocol/snmp/usm-session.js";
import { SnmpAgent } from "./snmp-agent.js";
import { SnmpFace } from "./snmp-face.js";
import { notificationLimits, SnmpNotifier } from "./snmp-notifier.js";
import type { SnmpSource } from "./snmp-source.js";
import { UsmEngine, type UsmUser } from "./usm-engine.js";

export interface SnmpOptions {
  /** Null: no v2c. */
  readonly community: string | null;
  /** None: no v3. */
  readonly users: readonly UsmUser[];
  /** Starts of the gateway with its name, this one included; only users need it. */
  readonly engineBoots: number;
  /** Who is told of restarts and connections; empty: nobody. */
  readonly receivers: readonly ConfiguredReceiver[];
}

export interface ConfiguredReceiver {
  readonly to: Address;
  readonly kind: "trap" | "inform";
  readonly access:
    | { readonly kind: "community"; readonly community: string }
    /** One of the users, by name. */
    | { readonly kind: "user"; readonly user: string };
}

export interface SnmpSurroundings {
  readonly gateway: string;
  readonly bootId: string;
  /** IP literals that may ask. */
  readonly askers: readonly string[];
  readonly source: SnmpSource;
  readonly random: Random;
}

const limits = {
  /** A walk over several datagrams sees one moment; the statistics in it are no older than this. */
  viewKeptMs: 500,
  repetitionsMax: 100,
  /** RFC 3417 section 3.2. */
  datagramBytesMax: 1472,
} as const;

export class SnmpStack {
  readonly #agent: SnmpAgent;
  /** Null: nobody is told anything. */
  readonly #notifier: SnmpNotifier | null;
  #toldDropped = 0;

  constructor(options: SnmpOptions, surroundings: SnmpSurroundings, nowMs: number) {
    const { gateway, bootId, askers, source, random } = surroundings;
    const { viewKeptMs, repetitionsMax, datagramBytesMax } = limits;
    const { community, users, engineBoots: boots } = options;
    const face = new SnmpFace({ root: holdoverRoot, viewKeptMs, repetitionsMax }, source);
    const engineOptions = { engineId: engineIdOf(gateway), boots, users, datagramBytesMax };
    const engine = users.length === 0 ? null : new UsmEngine(engineOptions, random, nowMs);
    this.#agent = new SnmpAgent({ community, askers, datagramBytesMax }, face, engine);
    const receivers = options.receivers.flatMap(({ to, kind, access }) => {
      const envelope = envelopeOf(access, kind, users, engine, random);
      return envelope === null ? [] : [{ to, kind, envelope }];
    });
    const notifierOptions = { root: holdoverRoot, gateway, bootId, limits: notificationLimits };
    this.#notifier = receivers.length === 0 ? null : new SnmpNotifier(notifierOptions, receivers, random, nowMs);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): readonly OutgoingDatagram[] {
    if (this.#notifier?.receive(bytes, from, nowMs) === true) return this.#notifier.takeSends();
    const reply = this.#agent.handle(bytes, from, nowMs);
    return reply === null ? [] : [{ bytes: reply, to: from }];
  }

  get hasReceivers(): boolean {
    return this.#notifier !== null;
  }

  restarted(nowMs: number): readonly OutgoingDatagram[] {
    this.#notifier?.restarted(nowMs);
    return this.#notifier?.takeSends() ?? [];
  }

  connection(name: ConnectionNotificationName, about: ActiveConnection, nowMs: number): readonly OutgoingDatagram[] {
    this.#notifier?.connection(name, about, nowMs);
    return this.#notifier?.takeSends() ?? [];
  }

  tick(nowMs: number): readonly OutgoingDatagram[] {
    this.#notifier?.tick(nowMs);
    return this.#notifier?.takeSends() ?? [];
  }

  next(): number | null {
    return this.#notifier?.next() ?? null;
  }

  /** Notifications that could not be told since this was asked last. */
  takeDropped(): number {
    const dropped = this.#notifier?.dropped ?? 0;
    const more = dropped - this.#toldDropped;
    this.#toldDropped = dropped;
    return more;
  }
}

/**
 * The engine that sends a trap is the authoritative one, the engine that acknowledges an inform is (RFC 3414 section
 * 1.5.1). Null: no such user.
 */
function envelopeOf(
  access: ConfiguredReceiver["access"],
  kind: ConfiguredReceiver["kind"],
  users: readonly UsmUser[],
  engine: UsmEngine | null,
  random: Random,
): SnmpEnvelope | null {
  if (access.kind === "community") return new CommunityEnvelope(access.community);
  const user = users.find(({ name }) => name === access.user);
  if (user === undefined) return null;
  if (kind === "trap") return engine?.envelopeOf(user.name) ?? null;
  const { name, level, keys } = user;
  return new UsmSession({ user: name, level, keys, datagramBytesMax: limits.datagramBytesMax }, random);
}
