/**
 * Puts a PDU into an SNMPv3 message at its security level and takes it out again: RFC 3414 sections 3.1 and 3.2, steps 6
 * and 8. Whether the message is in time, and who may send it, is said by the engines: management/usm-engine.ts for the
 * one asked, usm-session.ts for the one that asks.
 */
import { type Random, randomHex } from "../chance.js";
import { type ParseResult, refused } from "../parse-result.js";
import { decipher, digestOctets, digestOf, encipher, isSameDigest, saltOctets, type UsmKeys } from "./usm-keys.js";
import {
  type ParsedV3Message,
  parseScopedPdu,
  type ScopedPdu,
  type SecurityLevel,
  type V3Message,
  writeScopedPdu,
  writeV3Message,
} from "./v3-message.js";

export type Unsealed = Omit<V3Message, "digest" | "salt" | "data">;

/** Keys that the level needs must be there. */
export function sealMessage(parts: Unsealed, scoped: ScopedPdu, keys: UsmKeys, salts: UsmSalts): Uint8Array {
  const { engineBoots, engineTime } = parts;
  const { authentication, privacy } = keysAt(parts.level, keys);
  const plain = writeScopedPdu(scoped);
  const salt = privacy === null ? noOctets : salts.take();
  const data = privacy === null ? plain : encipher(plain, privacy, { engineBoots, engineTime, salt });
  const digest = new Uint8Array(authentication === null ? 0 : digestOctets);
  const { bytes, digestAt } = writeV3Message({ ...parts, digest, salt, data });
  if (authentication !== null) bytes.set(digestOf(bytes, authentication), digestAt);
  return bytes;
}

/** What a sealed message has around its PDU, at most. */
export function sealOctetsMax(parts: Unsealed, scoped: Omit<ScopedPdu, "pdu">): number {
  const digest = new Uint8Array(digestOctets);
  const salt = new Uint8Array(saltOctets);
  const around = writeV3Message({ ...parts, digest, salt, data: noOctets }).bytes.length;
  return around + scoped.contextEngineId.length + scoped.contextName.length + lengthsOctetsMax;
}

/** The message, the ciphered octets and the scoped PDU each may have lengths of up to four more octets; and three tags. */
const lengthsOctetsMax = 24;

const noOctets = new Uint8Array(0);

/** Section 3.2 step 6: whether its digest is of this key. */
export function isAuthentic(bytes: Uint8Array, { message, digestAt }: ParsedV3Message, key: Uint8Array): boolean {
  if (message.digest.length !== digestOctets) return false;
  const without = Uint8Array.from(bytes);
  without.fill(0, digestAt, digestAt + digestOctets);
  return isSameDigest(message.digest, digestOf(without, key));
}

/** Section 3.2 step 8. */
export function openSealed({ level, data, ...message }: V3Message, { privacy }: UsmKeys): ParseResult<ScopedPdu> {
  if (level !== "authPriv") return parseScopedPdu(data);
  if (privacy === null || message.salt.length !== saltOctets) return refused("cannot be deciphered");
  return parseScopedPdu(decipher(data, privacy, message));
}

function keysAt(level: SecurityLevel, keys: UsmKeys): UsmKeys {
  const authentication = level === "noAuthNoPriv" ? null : keys.authentication;
  const privacy = level === "authPriv" ? keys.privacy : null;
  if (level !== "noAuthNoPriv" && authentication === null) throw new Error("no authentication key");
  if (level === "authPriv" && privacy === null) throw new Error("no privacy key");
  return { authentication, privacy };
}

/** RFC 3826 section 3.1.2.1: a 64 bit counter from a random start, so that no salt comes twice. */
export class UsmSalts {
  #next: bigint;

  constructor(random: Random) {
    this.#next = BigInt(`0x${randomHex(random, 16)}`);
  }

  take(): Uint8Array {
    const salt = new Uint8Array(saltOctets);
    new DataView(salt.buffer).setBigUint64(0, this.#next);
    this.#next = BigInt.asUintN(64, this.#next + 1n);
    return salt;
  }
}
