/** A gateway's SNMP engine with a user, and that user's session, for tests of both ends. */
import { SnmpAgent } from "../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../firmware/management/snmp-face.js";
import { UsmEngine, type UsmUser } from "../../firmware/management/usm-engine.js";
import type { GatewaySnapshot } from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";
import { holdoverRoot } from "../../firmware/protocol/mib/holdover-mib.js";
import type { Pdu } from "../../firmware/protocol/snmp/pdu.js";
import { engineIdOf } from "../../firmware/protocol/snmp/snmp-engine.js";
import { digestOctets, digestOf, encipher, keysOf, localizedKeys } from "../../firmware/protocol/snmp/usm-keys.js";
import { UsmSession, type UsmSessionOptions } from "../../firmware/protocol/snmp/usm-session.js";
import { writeScopedPdu, writeV3Message } from "../../firmware/protocol/snmp/v3-message.js";
import { snmpSourceOf } from "./snmp-source.js";

export const passphrases = { authentication: "an authentication passphrase", privacy: "a privacy passphrase" };

/** Deriving a key hashes a megabyte, so each passphrase is derived once. */
const backupKeys = keysOf(passphrases.authentication, passphrases.privacy);

export const backupUser: UsmUser = { name: "backup", level: "authPriv", keys: backupKeys };
export const authOnlyUser: UsmUser = { ...backupUser, name: "watcher", level: "authNoPriv" };
export const openUser: UsmUser = { name: "anybody", level: "noAuthNoPriv", keys: keysOf(null, null) };

export function anEngine(startedAtMs = 0, boots = 1, datagramBytesMax = 1472): UsmEngine {
  const users = [backupUser, authOnlyUser, openUser];
  return new UsmEngine(
    { engineId: engineIdOf("gw1.example"), boots, users, datagramBytesMax },
    () => 0.25,
    startedAtMs,
  );
}

export function anAgentOf(
  snapshot: () => GatewaySnapshot,
  engine: UsmEngine,
  askers: readonly string[],
  datagramBytesMax = 1472,
): SnmpAgent {
  const options = { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 1000 };
  const face = new SnmpFace(options, snmpSourceOf(snapshot));
  return new SnmpAgent({ community: "recovery", askers, datagramBytesMax }, face, engine);
}

export function aSession(options: Partial<UsmSessionOptions> = {}): UsmSession {
  const all = { user: "backup", level: "authPriv", keys: backupKeys, datagramBytesMax: 65_507, ...options } as const;
  return new UsmSession(all, () => 0.75);
}

const engineId = engineIdOf("gw1.example");
const backupKeysThere = localizedKeys(backupKeys, engineId);

/** Any octets where the scoped PDU should be, ciphered and authentic as the user's own: nobody else could send them. */
export function sealedAsBackup(octets: Uint8Array, engineBoots = 1, engineTime = 0): Uint8Array {
  const { authentication, privacy } = backupKeysThere;
  if (authentication === null || privacy === null) throw new Error("backup has no keys");
  const salt = new Uint8Array(8);
  const { bytes, digestAt } = writeV3Message({
    messageId: 7,
    octetsMax: 65_507,
    level: "authPriv",
    isReportable: true,
    engineId,
    engineBoots,
    engineTime,
    userName: new TextEncoder().encode(backupUser.name),
    digest: new Uint8Array(digestOctets),
    salt,
    data: encipher(octets, privacy, { engineBoots, engineTime, salt }),
  });
  bytes.set(digestOf(bytes, authentication), digestAt);
  return bytes;
}

/** What such a user's scoped PDU is before it is sealed. */
export function scopedPduOf(pdu: Pdu): Uint8Array {
  return writeScopedPdu({ contextEngineId: engineId, contextName: new Uint8Array(0), pdu });
}

/** Question and answer over a network that loses nothing: discovery, the time, and then the answer or the refusal. */
export function asked(
  session: UsmSession,
  agent: SnmpAgent,
  from: Address,
  pdu: Parameters<UsmSession["wrap"]>[0],
  nowMs: number,
): ReturnType<UsmSession["open"]> {
  for (let turn = 0; turn < 8; turn += 1) {
    const bytes = agent.handle(session.wrap(pdu, nowMs), from, nowMs);
    if (bytes === null) return { kind: "foreign" };
    const opened = session.open(bytes, nowMs);
    if (opened.kind !== "learnt") return opened;
  }
  throw new Error("the two never agree");
}
