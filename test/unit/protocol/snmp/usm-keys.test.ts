import { describe, expect, test } from "vitest";
import {
  decipher,
  encipher,
  keysOf,
  localizedKey,
  localizedKeys,
  passphraseKey,
} from "../../../../firmware/protocol/snmp/usm-keys.js";

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

/** RFC 3414 section A.3.1 and A.3.2. */
const engineId = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);

describe("keys from the passphrase maplesyrup", () => {
  test.each([
    ["md5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"],
    ["sha1", "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"],
    // RFC 7860 has no samples of its own; net-snmp of npm derives the same.
    [
      "sha256",
      "ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac",
      "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b",
    ],
  ] as const)("by %s are those of RFC 3414 section A.3, localised too", (hash, key, localised) => {
    const ofUser = passphraseKey("maplesyrup", hash);
    expect(hex(ofUser)).toBe(key);
    expect(hex(localizedKey(ofUser, engineId, hash))).toBe(localised);
  });

  test("of the cipher are 128 bits long, of the digest 256", () => {
    const keys = localizedKeys(keysOf("maplesyrup", "maplesyrup"), engineId);
    expect([keys.authentication?.length, keys.privacy?.length]).toEqual([32, 16]);
  });
});

test("what is enciphered is deciphered at the same moment only", () => {
  const key = new Uint8Array(16).fill(7);
  const moment = { engineBoots: 3, engineTime: 77, salt: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]) };
  const plain = new TextEncoder().encode("scoped PDU of no particular length");
  const ciphered = encipher(plain, key, moment);
  expect(ciphered.length).toBe(plain.length);
  expect(hex(decipher(ciphered, key, moment))).toBe(hex(plain));
  expect(hex(decipher(ciphered, key, { ...moment, engineTime: 78 }))).not.toBe(hex(plain));
});
