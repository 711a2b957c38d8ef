/** PDUs under a community name: SNMPv2c as the asker sees it. Whose answer it is, the request-id says. */
import { parseMessage, writeMessage } from "./community-message.js";
import type { Pdu } from "./pdu.js";
import type { OpenedMessage, SnmpEnvelope } from "./snmp-envelope.js";

export class CommunityEnvelope implements SnmpEnvelope {
  readonly isPrivate = false;
  readonly #community: Uint8Array;

  constructor(community: string) {
    this.#community = new TextEncoder().encode(community);
  }

  wrap(pdu: Pdu): Uint8Array {
    return writeMessage({ community: this.#community, pdu });
  }

  open(bytes: Uint8Array): OpenedMessage {
    const result = parseMessage(bytes);
    if (!result.ok || result.value.kind !== "v2c") return { kind: "foreign" };
    return { kind: "pdu", pdu: result.value.message.pdu };
  }
}
