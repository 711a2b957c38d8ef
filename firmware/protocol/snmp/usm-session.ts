/**
 * A user at another engine, as the one that asks sees it: the non-authoritative side of RFC 3414. It finds out who is
 * there and what time it is there (section 4), and believes a time only from an authentic message (section 3.2 step 7b).
 *
 *     no engine ── report: unknown engine id ──► engine known, time 0 ── authentic report: not in time ──► in time
 */
import type { Random } from "../chance.js";
import type { Pdu } from "./pdu.js";
import { engineBootsMax, isSameEngine, type ReportName, reportNameOf, timeWindowSeconds } from "./snmp-engine.js";
import type { OpenedMessage, SnmpEnvelope } from "./snmp-envelope.js";
import { localizedKeys, type UsmKeys } from "./usm-keys.js";
import { isAuthentic, openSealed, sealMessage, UsmSalts } from "./usm-seal.js";
import {
  engineIdOctetsMin,
  type ParsedV3Message,
  parseV3Message,
  type ScopedPdu,
  type SecurityLevel,
  type V3Message,
} from "./v3-message.js";

export interface UsmSessionOptions {
  readonly user: string;
  readonly level: SecurityLevel;
  /** Not localised; keys that the level needs are there. */
  readonly keys: UsmKeys;
  /** What we take in one datagram. */
  readonly datagramBytesMax: number;
}

/** What is known of the engine over there. */
interface FarEngine {
  readonly id: Uint8Array;
  readonly keys: UsmKeys;
  boots: number;
  /** Engine time as told last, and when that was. */
  time: number;
  toldAtMs: number;
}

/** Messages without an answer yet: older ones are forgotten. */
const messagesMax = 256;
const messageIdMax = 0x7fff_ffff;
/** An engine that goes on correcting us is not one to talk to. */
const learningsMax = 6;

const foreign: OpenedMessage = { kind: "foreign" };
const noKeys: UsmKeys = { authentication: null, privacy: null };
const noOctets = new Uint8Array(0);

export class UsmSession implements SnmpEnvelope {
  readonly #options: UsmSessionOptions;
  readonly #userName: Uint8Array;
  readonly #salts: UsmSalts;
  readonly #messageIds = new Set<number>();
  #nextMessageId: number;
  #engine: FarEngine | null = null;
  #learnings = 0;

  constructor(options: UsmSessionOptions, random: Random) {
    this.#options = options;
    this.#userName = new TextEncoder().encode(options.user);
    this.#salts = new UsmSalts(random);
    this.#nextMessageId = Math.floor(random() * messageIdMax);
  }

  get isPrivate(): boolean {
    return this.#options.level === "authPriv";
  }

  wrap(pdu: Pdu, nowMs: number): Uint8Array {
    const engine = this.#engine;
    const messageId = this.#takeMessageId();
    const common = { messageId, octetsMax: this.#options.datagramBytesMax, isReportable: pdu.kind !== "trap" };
    if (engine === null) return this.#discovery(pdu, common);
    const { id: engineId, boots: engineBoots, keys } = engine;
    const { level } = this.#options;
    const engineTime = level === "noAuthNoPriv" ? 0 : timeOf(engine, nowMs);
    const parts = { ...common, level, engineId, engineBoots, engineTime, userName: this.#userName };
    return sealMessage(parts, { contextEngineId: engineId, contextName: noOctets, pdu }, keys, this.#salts);
  }

  open(bytes: Uint8Array, nowMs: number): OpenedMessage {
    const parsed = parseV3Message(bytes);
    if (!parsed.ok || !this.#messageIds.has(parsed.value.message.messageId)) return foreign;
    const opened =
      this.#engine === null
        ? this.#discovered(parsed.value.message, nowMs)
        : this.#openAt(this.#engine, bytes, parsed.value, nowMs);
    if (opened.kind !== "foreign") this.#messageIds.delete(parsed.value.message.messageId);
    if (opened.kind !== "learnt") return opened;
    this.#learnings += 1;
    const isEnough = this.#learnings > learningsMax;
    return isEnough ? { kind: "refused", reason: "the SNMP engine there contradicts itself" } : opened;
  }

  /** Section 4: nobody's request, without a variable. */
  #discovery(pdu: Pdu, common: Pick<V3Message, "messageId" | "octetsMax" | "isReportable">): Uint8Array {
    const who = {
      level: "noAuthNoPriv",
      engineId: noOctets,
      engineBoots: 0,
      engineTime: 0,
      userName: noOctets,
    } as const;
    const empty: Pdu = { kind: "get", requestId: pdu.requestId, errorStatus: 0, errorIndex: 0, bindings: [] };
    const scoped = { contextEngineId: noOctets, contextName: noOctets, pdu: empty };
    return sealMessage({ ...common, ...who }, scoped, noKeys, this.#salts);
  }

  /** Only the engine id is taken from it: a time that nobody vouches for could make us accept an old message. */
  #discovered(message: V3Message, nowMs: number): OpenedMessage {
    if (message.level !== "noAuthNoPriv" || message.engineId.length < engineIdOctetsMin) return foreign;
    const opened = openSealed(message, noKeys);
    if (!opened.ok || reportIn(opened.value) !== "usmStatsUnknownEngineIDs") return foreign;
    const id = Uint8Array.from(message.engineId);
    this.#engine = { id, keys: localizedKeys(this.#options.keys, id), boots: 0, time: 0, toldAtMs: nowMs };
    return { kind: "learnt" };
  }

  #openAt(engine: FarEngine, bytes: Uint8Array, parsed: ParsedV3Message, nowMs: number): OpenedMessage {
    const { message } = parsed;
    if (!isSameEngine(message.engineId, engine.id)) return foreign;
    const { authentication } = engine.keys;
    if (message.level !== "noAuthNoPriv") {
      if (authentication === null || !isAuthentic(bytes, parsed, authentication)) return foreign;
      if (!keepTime(engine, message, nowMs)) return foreign;
    }
    const opened = openSealed(message, engine.keys);
    if (!opened.ok) return foreign;
    const { pdu } = opened.value;
    if (pdu.kind !== "report") return message.level === this.#options.level ? { kind: "pdu", pdu } : foreign;
    const name = reportIn(opened.value);
    if (name === "usmStatsNotInTimeWindows") return message.level === "noAuthNoPriv" ? foreign : { kind: "learnt" };
    return name === "usmStatsUnknownEngineIDs" ? foreign : { kind: "refused", reason: this.#reason(name) };
  }

  #reason(name: ReportName | null): string {
    const { user, level } = this.#options;
    const reasons: Partial<Record<ReportName, string>> = {
      usmStatsUnknownUserNames: `has no SNMPv3 user "${user}"`,
      usmStatsUnsupportedSecLevels: `does not let "${user}" ask under ${level}`,
      usmStatsWrongDigests: `says that the authentication passphrase of "${user}" is another`,
      usmStatsDecryptionErrors: `cannot decipher: the privacy passphrase of "${user}" is another, or its protocol`,
    };
    return (name === null ? undefined : reasons[name]) ?? `reports ${name ?? "something unknown"}`;
  }

  /** RFC 3412 section 6.2: another for each message, also for one that is sent again. */
  #takeMessageId(): number {
    const id = this.#nextMessageId;
    this.#nextMessageId = id >= messageIdMax ? 0 : id + 1;
    this.#messageIds.add(id);
    for (const oldest of this.#messageIds) {
      if (this.#messageIds.size <= messagesMax) break;
      this.#messageIds.delete(oldest);
    }
    return id;
  }
}

/** Section 3.2 step 7b: later times are taken over, messages that are too old are not believed. */
function keepTime(engine: FarEngine, { engineBoots, engineTime }: V3Message, nowMs: number): boolean {
  const isLater = engineBoots > engine.boots || (engineBoots === engine.boots && engineTime > engine.time);
  if (isLater) {
    engine.boots = engineBoots;
    engine.time = engineTime;
    engine.toldAtMs = nowMs;
  }
  if (engine.boots >= engineBootsMax || engineBoots < engine.boots) return false;
  return engineTime >= timeOf(engine, nowMs) - timeWindowSeconds;
}

/** Zero until it was told: boots are at least 1 in every message that is in time. */
function timeOf({ boots, time, toldAtMs }: FarEngine, nowMs: number): number {
  return boots === 0 ? 0 : (time + Math.floor((nowMs - toldAtMs) / 1000)) % 2 ** 31;
}

/** The counter that a report names; null where it is no report of ours to know. */
function reportIn({ pdu }: ScopedPdu): ReportName | null {
  const [binding] = pdu.kind === "report" ? pdu.bindings : [];
  return binding === undefined ? null : reportNameOf(binding.name);
}
