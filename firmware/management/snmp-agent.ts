/**
 * The SNMP agent without its socket: a datagram in, a datagram or nothing out. It knows who may ask - a listed address
 * with the right community (v2c), or as a user whom usm-engine.ts believes (v3) - and counts what it drops (RFC 3418
 * section 2, snmp group). No community and no user is assumed: what is not configured is not answered.
 */
import type { Address } from "#protocol/address.js";
import { canonicalIp } from "#protocol/ip-address.js";
import { communityOctetsMax, parseMessage, pduOctetsMax, writeMessage } from "#protocol/snmp/community-message.js";
import { versionOf3 } from "#protocol/snmp/v3-message.js";
import type { SnmpFace } from "./snmp-face.js";
import type { UsmEngine } from "./usm-engine.js";

export interface SnmpAgentOptions {
  /** 1 to 255 octets; printable or not. Null: v2c is not answered. */
  readonly community: string | null;
  /** IP literals that may ask. */
  readonly askers: readonly string[];
  /** Largest datagram taken and sent: 484 at least, 1472 is what every agent should take (RFC 3417 section 3.2). */
  readonly datagramBytesMax: number;
}

/** Since the agent was made. The names of RFC 3418 where it has one. */
export interface SnmpAgentCounters {
  readonly inPkts: number;
  readonly outPkts: number;
  /** From addresses that are not listed: not even looked at. */
  readonly unlistedAskers: number;
  readonly inBadVersions: number;
  readonly inBadCommunityNames: number;
  /** Longer than datagramBytesMax, or not SNMP. */
  readonly inAsnParseErrs: number;
  /** Version 3 messages that were answered by a report, or would have been. */
  readonly reports: number;
  /** No request, or one whose answer cannot be made to fit. */
  readonly silentDrops: number;
}

export class SnmpAgent {
  readonly #options: SnmpAgentOptions;
  readonly #community: Uint8Array;
  readonly #askers: ReadonlySet<string>;
  readonly #face: SnmpFace;
  /** Null: v3 is not answered. */
  readonly #engine: UsmEngine | null;
  readonly #counters: { -readonly [Key in keyof SnmpAgentCounters]: SnmpAgentCounters[Key] } = {
    inPkts: 0,
    outPkts: 0,
    unlistedAskers: 0,
    inBadVersions: 0,
    inBadCommunityNames: 0,
    inAsnParseErrs: 0,
    reports: 0,
    silentDrops: 0,
  };

  constructor(options: SnmpAgentOptions, face: SnmpFace, engine: UsmEngine | null = null) {
    this.#options = options;
    this.#engine = engine;
    this.#community = new TextEncoder().encode(options.community ?? "");
    this.#askers = new Set(options.askers.map(canonicalIp));
    this.#face = face;
  }

  get counters(): SnmpAgentCounters {
    return { ...this.#counters };
  }

  /** The answer, for the address that asked; null for no answer. Whatever the bytes are, it neither throws nor keeps them. */
  handle(bytes: Uint8Array, from: Address, nowMs: number): Uint8Array | null {
    const counters = this.#counters;
    counters.inPkts += 1;
    if (!this.#askers.has(canonicalIp(from.address))) return drop(counters, "unlistedAskers");
    if (bytes.length > this.#options.datagramBytesMax) return drop(counters, "inAsnParseErrs");
    const result = parseMessage(bytes);
    if (!result.ok) return drop(counters, "inAsnParseErrs");
    if (result.value.kind === "other version") {
      if (this.#engine === null || result.value.version !== versionOf3) return drop(counters, "inBadVersions");
      return this.#handleV3(this.#engine, bytes, nowMs);
    }
    if (this.#options.community === null) return drop(counters, "inBadVersions");
    const { community, pdu } = result.value.message;
    if (!isSameSecret(community, this.#community)) return drop(counters, "inBadCommunityNames");
    const answer = this.#face.answer(pdu, pduOctetsMax(community, this.#options.datagramBytesMax), nowMs);
    if (answer === null) return drop(counters, "silentDrops");
    counters.outPkts += 1;
    return writeMessage({ community, pdu: answer });
  }

  #handleV3(engine: UsmEngine, bytes: Uint8Array, nowMs: number): Uint8Array | null {
    const counters = this.#counters;
    const judgement = engine.judge(bytes, nowMs);
    if (judgement.kind === "not SNMP") return drop(counters, "inAsnParseErrs");
    if (judgement.kind === "report") {
      counters.reports += 1;
      if (judgement.bytes !== null) counters.outPkts += 1;
      return judgement.bytes;
    }
    const { pdu, pduOctetsMax: octetsMax, reply } = judgement;
    const answer = this.#face.answer(pdu, octetsMax, nowMs, reply.level === "authPriv");
    if (answer === null) return drop(counters, "silentDrops");
    counters.outPkts += 1;
    return engine.seal(answer, reply, nowMs);
  }
}

function drop(counters: Record<keyof SnmpAgentCounters, number>, why: keyof SnmpAgentCounters): null {
  counters[why] += 1;
  return null;
}

/** Takes as long for a wrong name as for the right one, and never takes an empty one. */
function isSameSecret(given: Uint8Array, right: Uint8Array): boolean {
  let difference = given.length ^ right.length;
  for (let index = 0; index < communityOctetsMax; index += 1) difference |= (given[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0 && right.length > 0;
}
