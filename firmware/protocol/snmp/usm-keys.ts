/**
 * Keys, digests and ciphers of the User-based Security Model: keys from passphrases and their localisation (RFC 3414
 * section 2.6 and A.2), usmHMAC192SHA256AuthProtocol (RFC 7860 section 4) and usmAesCfb128Protocol (RFC 3826 section 3).
 * No other protocols: what RFC 3414 itself has, MD5, SHA-1 and DES, protects nothing any more.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";

/** RFC 3414 section 11.2. */
export const passphraseCharactersMin = 8;
export const passphraseCharactersMax = 255;

/** The hashes are parameters only because the RFC's sample results are of others than ours. */
export type UsmHash = "md5" | "sha1" | "sha256";

const ourHash = "sha256";
/** RFC 7860 section 4.2.1: N, of 32. */
export const digestOctets = 24;
/** RFC 3826 section 3.1.2. */
const cipherKeyOctets = 16;
export const saltOctets = 8;
/** RFC 3414 section A.2: so many octets of the repeated passphrase are hashed. */
const repeatedOctets = 1_048_576;

/** Of one user at any engine. Null: no such passphrase was given. */
export interface UsmKeys {
  readonly authentication: Uint8Array | null;
  readonly privacy: Uint8Array | null;
}

export function keysOf(authentication: string | null, privacy: string | null): UsmKeys {
  return {
    authentication: authentication === null ? null : passphraseKey(authentication),
    privacy: privacy === null ? null : passphraseKey(privacy),
  };
}

/** Of one user at one engine, and of no use at any other. */
export function localizedKeys({ authentication, privacy }: UsmKeys, engineId: Uint8Array): UsmKeys {
  return {
    authentication: authentication === null ? null : localizedKey(authentication, engineId),
    privacy: privacy === null ? null : localizedKey(privacy, engineId).subarray(0, cipherKeyOctets),
  };
}

export function passphraseKey(passphrase: string, hash: UsmHash = ourHash): Uint8Array {
  return createHash(hash)
    .update(Buffer.alloc(repeatedOctets, passphrase, "utf8"))
    .digest();
}

export function localizedKey(key: Uint8Array, engineId: Uint8Array, hash: UsmHash = ourHash): Uint8Array {
  return createHash(hash).update(key).update(engineId).update(key).digest();
}

/** RFC 7860 section 4.2.1. The place of the digest in the message holds zeros. */
export function digestOf(message: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac(ourHash, key).update(message).digest().subarray(0, digestOctets);
}

/** Takes as long for a wrong digest as for the right one. */
export function isSameDigest(given: Uint8Array, right: Uint8Array): boolean {
  return given.length === right.length && timingSafeEqual(given, right);
}

export interface CipherMoment {
  readonly engineBoots: number;
  readonly engineTime: number;
  /** saltOctets long, never twice the same under one key. */
  readonly salt: Uint8Array;
}

export function encipher(plain: Uint8Array, key: Uint8Array, moment: CipherMoment): Uint8Array {
  return createCipheriv("aes-128-cfb", key, initialisationVector(moment)).update(plain);
}

export function decipher(ciphered: Uint8Array, key: Uint8Array, moment: CipherMoment): Uint8Array {
  return createDecipheriv("aes-128-cfb", key, initialisationVector(moment)).update(ciphered);
}

/** RFC 3826 section 3.1.2.1: boots, time, salt, the most significant octet first. */
function initialisationVector({ engineBoots, engineTime, salt }: CipherMoment): Uint8Array {
  const vector = new Uint8Array(16);
  const view = new DataView(vector.buffer);
  view.setUint32(0, engineBoots);
  view.setUint32(4, engineTime);
  vector.set(salt.subarray(0, saltOctets), 8);
  return vector;
}
