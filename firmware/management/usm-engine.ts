/**
 * The gateway's own SNMP engine, the authoritative one (RFC 3414 section 3.2): judges the messages it is sent, reports
 * what is wrong with them, and seals the answers. Not what the PDUs ask: that is snmp-face.ts. Users have one security
 * level each, and what comes under a lower one is refused.
 *
 *     engine id known? ─ user known? ─ level enough? ─ digest right? ─ within 150 s? ─ deciphered? ─► request
 *            └──────────────┴──────────────┴──────────────┴─────────────────┴──────────────┴────────► report
 */
import type { Random } from "#protocol/chance.js";
import type { Pdu } from "#protocol/snmp/pdu.js";
import {
  engineBootsMax,
  isSameEngine,
  type ReportName,
  reportOid,
  timeWindowSeconds,
} from "#protocol/snmp/snmp-engine.js";
import type { SnmpEnvelope } from "#protocol/snmp/snmp-envelope.js";
import { localizedKeys, type UsmKeys } from "#protocol/snmp/usm-keys.js";
import {
  isAuthentic,
  openSealed,
  sealMessage,
  sealOctetsMax,
  type Unsealed,
  UsmSalts,
} from "#protocol/snmp/usm-seal.js";
import {
  type ParsedV3Message,
  parseV3Message,
  type SecurityLevel,
  securityLevels,
  type V3Message,
} from "#protocol/snmp/v3-message.js";

export interface UsmUser {
  readonly name: string;
  /** The least it may ask under, and what it is told under. */
  readonly level: SecurityLevel;
  /** Not localised; what the level needs is there. */
  readonly keys: UsmKeys;
}

export interface UsmEngineOptions {
  readonly engineId: Uint8Array;
  /** How often the gateway was started with this engine id, this start included: 1 to 2147483647. */
  readonly boots: number;
  readonly users: readonly UsmUser[];
  /** Largest datagram taken and sent. */
  readonly datagramBytesMax: number;
}

/** A request that may be answered; `reply` is how the answer is to be sealed. */
export interface UsmRequest {
  readonly kind: "request";
  readonly pdu: Pdu;
  readonly pduOctetsMax: number;
  readonly reply: UsmReply;
}

interface UsmReply {
  readonly messageId: number;
  readonly user: LocalUser;
  readonly level: SecurityLevel;
}

export type UsmJudgement =
  | UsmRequest
  | { readonly kind: "report"; readonly name: ReportName; readonly bytes: Uint8Array | null }
  | { readonly kind: "not SNMP" };

interface LocalUser {
  readonly name: Uint8Array;
  readonly level: SecurityLevel;
  readonly keys: UsmKeys;
}

const noKeys: UsmKeys = { authentication: null, privacy: null };
const messageIdMax = 0x7fff_ffff;
const defaultContext = new Uint8Array(0);

export class UsmEngine {
  readonly #options: UsmEngineOptions;
  readonly #startedAtMs: number;
  readonly #salts: UsmSalts;
  readonly #users: ReadonlyMap<string, LocalUser>;
  #messageId: number;
  readonly #reported = new Map<ReportName, number>();

  constructor(options: UsmEngineOptions, random: Random, nowMs: number) {
    this.#options = options;
    this.#startedAtMs = nowMs;
    this.#salts = new UsmSalts(random);
    this.#messageId = Math.floor(random() * messageIdMax);
    this.#users = new Map(options.users.map((user) => [user.name, localUser(user, options.engineId)]));
  }

  /** Messages of this sort since the engine was made. */
  reported(name: ReportName): number {
    return this.#reported.get(name) ?? 0;
  }

  /** Whatever the bytes are, it does not throw. */
  judge(bytes: Uint8Array, nowMs: number): UsmJudgement {
    const parsed = parseV3Message(bytes);
    if (!parsed.ok) return { kind: "not SNMP" };
    const { message } = parsed.value;
    const report = (name: ReportName, requestId = 0) => this.#report(name, message, noKeys, requestId, nowMs);
    if (!isSameEngine(message.engineId, this.#options.engineId)) return report("usmStatsUnknownEngineIDs");
    const user = this.#users.get(latin1(message.userName));
    if (user === undefined) return report("usmStatsUnknownUserNames");
    if (isBelow(message.level, user.level) || !hasKeysOf(user, message.level)) {
      return report("usmStatsUnsupportedSecLevels");
    }
    const untimely = this.#untimely(bytes, parsed.value, user, nowMs);
    if (untimely !== null) return untimely;
    const opened = openSealed(message, user.keys);
    if (!opened.ok) return message.level === "authPriv" ? report("usmStatsDecryptionErrors") : { kind: "not SNMP" };
    const { contextEngineId, contextName, pdu } = opened.value;
    if (!isSameEngine(contextEngineId, this.#options.engineId) || contextName.length > 0) {
      return this.#report("snmpUnknownContexts", message, user.keys, pdu.requestId, nowMs);
    }
    const reply = { messageId: message.messageId, user, level: message.level };
    return { kind: "request", pdu, pduOctetsMax: this.#pduOctetsMax(message, reply, nowMs), reply };
  }

  /** What this engine sends of its own accord on behalf of a user: traps. Nothing comes back. */
  envelopeOf(userName: string): SnmpEnvelope | null {
    const user = this.#users.get(userName);
    if (user === undefined) return null;
    const wrap = (pdu: Pdu, nowMs: number) => {
      this.#messageId = this.#messageId >= messageIdMax ? 0 : this.#messageId + 1;
      return this.#seal(pdu, this.#messageId, user.name, user.level, user.keys, nowMs);
    };
    return { isPrivate: user.level === "authPriv", wrap, open: () => ({ kind: "foreign" }) };
  }

  seal(pdu: Pdu, { messageId, user, level }: UsmReply, nowMs: number): Uint8Array {
    return this.#seal(pdu, messageId, user.name, level, user.keys, nowMs);
  }

  /** Section 3.2 steps 6 and 7. The report of a wrong time is authentic itself, so that the asker may believe it. */
  #untimely(bytes: Uint8Array, parsed: ParsedV3Message, user: LocalUser, nowMs: number): UsmJudgement | null {
    const { message } = parsed;
    const { authentication } = user.keys;
    if (message.level === "noAuthNoPriv" || authentication === null) return null;
    if (!isAuthentic(bytes, parsed, authentication)) {
      return this.#report("usmStatsWrongDigests", message, noKeys, 0, nowMs);
    }
    const { boots } = this.#options;
    const isInWindow =
      boots < engineBootsMax &&
      message.engineBoots === boots &&
      Math.abs(message.engineTime - this.#engineTime(nowMs)) <= timeWindowSeconds;
    if (isInWindow) return null;
    return this.#report("usmStatsNotInTimeWindows", { ...message, level: "authNoPriv" }, user.keys, 0, nowMs);
  }

  /** RFC 3412 section 7.1 step 3: only where it was asked for, under the level of `keys`. */
  #report(name: ReportName, message: V3Message, keys: UsmKeys, requestId: number, nowMs: number): UsmJudgement {
    const count = (this.reported(name) + 1) % 2 ** 32;
    this.#reported.set(name, count);
    if (!message.isReportable) return { kind: "report", name, bytes: null };
    const bindings = [{ name: reportOid(name), value: { type: "counter32", value: count } }] as const;
    const pdu: Pdu = { kind: "report", requestId, errorStatus: 0, errorIndex: 0, bindings };
    const level = keys === noKeys ? "noAuthNoPriv" : message.level;
    return { kind: "report", name, bytes: this.#seal(pdu, message.messageId, message.userName, level, keys, nowMs) };
  }

  #seal(
    pdu: Pdu,
    messageId: number,
    userName: Uint8Array,
    level: SecurityLevel,
    keys: UsmKeys,
    nowMs: number,
  ): Uint8Array {
    const { engineId: contextEngineId } = this.#options;
    const scoped = { contextEngineId, contextName: defaultContext, pdu };
    return sealMessage(this.#parts(messageId, userName, level, nowMs), scoped, keys, this.#salts);
  }

  /** Section 3.2 step 9: so that the sealed answer fits into what both sides take. */
  #pduOctetsMax(asked: V3Message, { messageId, user, level }: UsmReply, nowMs: number): number {
    const { datagramBytesMax, engineId: contextEngineId } = this.#options;
    const parts = this.#parts(messageId, user.name, level, nowMs);
    const around = sealOctetsMax(parts, { contextEngineId, contextName: defaultContext });
    return Math.max(0, Math.min(datagramBytesMax, asked.octetsMax) - around);
  }

  #parts(messageId: number, userName: Uint8Array, level: SecurityLevel, nowMs: number): Unsealed {
    const { engineId, boots: engineBoots, datagramBytesMax: octetsMax } = this.#options;
    const engineTime = this.#engineTime(nowMs);
    return { messageId, octetsMax, level, isReportable: false, engineId, engineBoots, engineTime, userName };
  }

  /** Seconds since the boots were counted. */
  #engineTime(nowMs: number): number {
    return Math.floor((nowMs - this.#startedAtMs) / 1000) % 2 ** 31;
  }
}

function localUser({ name, level, keys }: UsmUser, engineId: Uint8Array): LocalUser {
  const octets = Uint8Array.from(name, (character) => character.charCodeAt(0));
  return { name: octets, level, keys: localizedKeys(keys, engineId) };
}

function isBelow(level: SecurityLevel, least: SecurityLevel): boolean {
  return securityLevels.indexOf(level) < securityLevels.indexOf(least);
}

function hasKeysOf({ keys }: LocalUser, level: SecurityLevel): boolean {
  if (level === "noAuthNoPriv") return true;
  return keys.authentication !== null && (level === "authNoPriv" || keys.privacy !== null);
}

/** User names are configured in ASCII; octets beyond it name nobody. */
function latin1(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}
