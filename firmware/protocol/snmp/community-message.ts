/**
 * SNMPv2c messages (RFC 1901 section 3): a PDU under a community name, which travels in the clear and so protects
 * nothing on a network that is not trusted. The v3 message is v3-message.ts.
 *
 *     SEQUENCE { version 1, community OCTET STRING, PDU }
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { BerReader } from "./ber-reader.js";
import { BerWriter, elementOctets, signed32Octets } from "./ber-writer.js";
import { type Pdu, pduOctets, readPdu, sequenceTag, writePdu } from "./pdu.js";

export interface CommunityMessage {
  readonly community: Uint8Array;
  readonly pdu: Pdu;
}

/** Version field of SNMPv2c; 0 is v1, 3 is v3. */
const versionOf2c = 1;
const integerTag = 0x02;
const octetsTag = 0x04;

/** Longer names are refused unread: RFC 3584 section 5 keeps them to an SnmpAdminString. */
export const communityOctetsMax = 255;

/** What stands before the PDU; a PDU is parsed only under a version that is known. */
export type ParsedMessage =
  | { readonly kind: "v2c"; readonly message: CommunityMessage }
  | { readonly kind: "other version"; readonly version: number };

/** Octets after the message are refused. The community and values of octets are views of `bytes`. */
export function parseMessage(bytes: Uint8Array): ParseResult<ParsedMessage> {
  const reader = new BerReader(bytes);
  const outerEnd = reader.open(sequenceTag, "message");
  const version = reader.signed32(integerTag, "version");
  if (reader.fault === null && version !== versionOf2c) return parsed({ kind: "other version", version });
  const community = reader.octets(octetsTag, "community");
  if (community.length > communityOctetsMax) reader.fail(`community of ${community.length} octets`);
  const pdu = readPdu(reader);
  reader.close(outerEnd, "message");
  if (!reader.atEnd) reader.fail("octets after the message");
  if (reader.fault !== null || pdu === null) return refused(reader.fault ?? "no PDU");
  return parsed({ kind: "v2c", message: { community, pdu } });
}

export function writeMessage(message: CommunityMessage): Uint8Array {
  const contents = communityOverhead(message.community) + pduOctets(message.pdu);
  const writer = new BerWriter(elementOctets(contents));
  writer.header(sequenceTag, contents);
  writer.signed32(integerTag, versionOf2c);
  writer.octets(octetsTag, message.community);
  writePdu(writer, message.pdu);
  return writer.finish();
}

/** How large a PDU may be so that its message fits into a datagram; 0 when nothing fits. */
export function pduOctetsMax(community: Uint8Array, datagramBytesMax: number): number {
  const outerHeaderOctets = elementOctets(datagramBytesMax) - datagramBytesMax;
  return Math.max(0, datagramBytesMax - outerHeaderOctets - communityOverhead(community));
}

function communityOverhead(community: Uint8Array): number {
  return elementOctets(signed32Octets(versionOf2c)) + elementOctets(community.length);
}
