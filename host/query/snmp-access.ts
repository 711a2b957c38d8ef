/** By which right an agent is asked: a community (v2c), or a user with passphrases (v3); and the envelope that has it. */
import type { Random } from "#protocol/chance.js";
import { CommunityEnvelope } from "#protocol/snmp/community-envelope.js";
import type { SnmpEnvelope } from "#protocol/snmp/snmp-envelope.js";
import { keysOf } from "#protocol/snmp/usm-keys.js";
import { UsmSession } from "#protocol/snmp/usm-session.js";
import type { SecurityLevel } from "#protocol/snmp/v3-message.js";

export type SnmpAccess =
  | { readonly kind: "community"; readonly community: string }
  | {
      readonly kind: "user";
      readonly user: string;
      /** Passphrases; null: messages are not authenticated, not ciphered. Privacy needs authentication. */
      readonly authentication: string | null;
      readonly privacy: string | null;
    };

/** As a call server's configuration has it for a gateway. */
export interface SnmpSettings {
  readonly community?: string | undefined;
  readonly user?: { readonly name: string; readonly authentication: string; readonly privacy: string } | undefined;
}

/** An empty community where nothing is configured: nobody answers to it. */
export function configuredAccess({ community, user }: SnmpSettings = {}): SnmpAccess {
  if (user === undefined) return { kind: "community", community: community ?? "" };
  return { kind: "user", user: user.name, authentication: user.authentication, privacy: user.privacy };
}

/** One for each query: what a session learnt of the engine there is not older than the query. */
export function envelopeOf(access: SnmpAccess, random: Random): SnmpEnvelope {
  if (access.kind === "community") return new CommunityEnvelope(access.community);
  const { user, authentication, privacy } = access;
  const keys = keysOf(authentication, privacy);
  return new UsmSession({ user, level: levelOf(authentication, privacy), keys, datagramBytesMax }, random);
}

function levelOf(authentication: string | null, privacy: string | null): SecurityLevel {
  if (authentication === null) return "noAuthNoPriv";
  return privacy === null ? "authNoPriv" : "authPriv";
}

/** UDP over IPv4 carries no more. */
const datagramBytesMax = 65_507;
