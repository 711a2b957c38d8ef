/**
 * SNMPv3 messages (RFC 3412 section 6) with the parameters of the User-based Security Model (RFC 3414 section 2.4), as
 * octets and as values. Nothing is checked or deciphered here: that is usm-seal.ts.
 *
 *     SEQUENCE { version 3,
 *       SEQUENCE { msgID, msgMaxSize, msgFlags, msgSecurityModel 3 },
 *       OCTET STRING of SEQUENCE { engine id, boots, time, user name, digest, salt },
 *       ScopedPDU | OCTET STRING of a ciphered ScopedPDU }
 *     ScopedPDU = SEQUENCE { context engine id, context name, PDU }
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { BerReader } from "./ber-reader.js";
import { BerWriter, elementOctets, signed32Octets } from "./ber-writer.js";
import { type Pdu, pduOctets, readPdu, sequenceTag, writePdu } from "./pdu.js";

/** RFC 3411 section 3.4.3. */
export const securityLevels = ["noAuthNoPriv", "authNoPriv", "authPriv"] as const;
export type SecurityLevel = (typeof securityLevels)[number];

export interface V3Message {
  readonly messageId: number;
  /** msgMaxSize: what the sender takes in one message. */
  readonly octetsMax: number;
  readonly level: SecurityLevel;
  /** What goes wrong with it is to be reported (RFC 3412 section 6.4). */
  readonly isReportable: boolean;
  /** Of the authoritative engine; empty where it is to be discovered. */
  readonly engineId: Uint8Array;
  readonly engineBoots: number;
  readonly engineTime: number;
  readonly userName: Uint8Array;
  readonly digest: Uint8Array;
  readonly salt: Uint8Array;
  /** The ScopedPDU as it was serialized; ciphered where the level is authPriv. */
  readonly data: Uint8Array;
}

export interface ScopedPdu {
  readonly contextEngineId: Uint8Array;
  readonly contextName: Uint8Array;
  readonly pdu: Pdu;
}

const integerTag = 0x02;
const octetsTag = 0x04;
export const versionOf3 = 3;
const usmModel = 3;
const flags = { auth: 1, priv: 2, reportable: 4 } as const;

/** SnmpEngineID (RFC 3411 section 5); shorter ones than 5 octets are looked at only to be reported as unknown. */
export const engineIdOctetsMin = 5;
export const engineIdOctetsMax = 32;
/** RFC 3414 section 2.4. */
export const userNameOctetsMax = 32;
/** No digest of RFC 7860 is longer, and no salt of RFC 3826 or RFC 3414. */
const digestOctetsMax = 48;
const saltOctetsMax = 8;
/** RFC 3412 section 6.3. */
export const messageOctetsMin = 484;

export interface ParsedV3Message {
  readonly message: V3Message;
  /** Where the digest stands in the octets. */
  readonly digestAt: number;
}

/** Octets after the message are refused. What is of octets are views of `bytes`. */
export function parseV3Message(bytes: Uint8Array): ParseResult<ParsedV3Message> {
  const reader = new BerReader(bytes);
  const outerEnd = reader.open(sequenceTag, "message");
  if (reader.signed32(integerTag, "version") !== versionOf3) reader.fail("not version 3");
  const header = readHeader(reader);
  const parameters = reader.octets(octetsTag, "security parameters");
  const data =
    header.level === "authPriv" ? reader.octets(octetsTag, "ciphered PDU") : reader.element(sequenceTag, "scoped PDU");
  reader.close(outerEnd, "message");
  if (!reader.atEnd) reader.fail("octets after the message");
  if (reader.fault !== null) return refused(reader.fault);
  const usm = parseUsmParameters(parameters);
  if (!usm.ok) return usm;
  const { digest } = usm.value;
  return parsed({ message: { ...header, ...usm.value, data }, digestAt: digest.byteOffset - bytes.byteOffset });
}

type Header = Pick<V3Message, "messageId" | "octetsMax" | "level" | "isReportable">;
type UsmParameters = Omit<V3Message, keyof Header | "data">;

function readHeader(reader: BerReader): Header {
  const end = reader.open(sequenceTag, "header");
  const messageId = reader.signed32(integerTag, "msgID");
  const octetsMax = reader.signed32(integerTag, "msgMaxSize");
  const flagOctets = reader.octets(octetsTag, "msgFlags");
  const model = reader.signed32(integerTag, "msgSecurityModel");
  reader.close(end, "header");
  const flagBits = flagOctets[0] ?? 0;
  const level = levelOf(flagBits);
  if (messageId < 0) reader.fail("msgID is negative");
  if (octetsMax < messageOctetsMin) reader.fail(`msgMaxSize is below ${messageOctetsMin}`);
  if (flagOctets.length !== 1) reader.fail(`msgFlags of ${flagOctets.length} octets`);
  if (level === null) reader.fail("privacy without authentication");
  if (model !== usmModel) reader.fail(`security model ${model} is not USM`);
  return { messageId, octetsMax, level: level ?? "noAuthNoPriv", isReportable: (flagBits & flags.reportable) !== 0 };
}

/** Null: privacy without authentication, which RFC 3412 section 6.4 reserves. */
function levelOf(flagBits: number): SecurityLevel | null {
  const isPrivate = (flagBits & flags.priv) !== 0;
  if ((flagBits & flags.auth) === 0) return isPrivate ? null : "noAuthNoPriv";
  return isPrivate ? "authPriv" : "authNoPriv";
}

function parseUsmParameters(bytes: Uint8Array): ParseResult<UsmParameters> {
  const reader = new BerReader(bytes);
  const end = reader.open(sequenceTag, "USM parameters");
  const engineId = boundedOctets(reader, engineIdOctetsMax, "engine id");
  const engineBoots = reader.signed32(integerTag, "engine boots");
  const engineTime = reader.signed32(integerTag, "engine time");
  const userName = boundedOctets(reader, userNameOctetsMax, "user name");
  const digest = boundedOctets(reader, digestOctetsMax, "authentication parameters");
  const salt = boundedOctets(reader, saltOctetsMax, "privacy parameters");
  reader.close(end, "USM parameters");
  if (!reader.atEnd) reader.fail("octets after the USM parameters");
  if (engineBoots < 0 || engineTime < 0) reader.fail("engine boots or time is negative");
  if (reader.fault !== null) return refused(reader.fault);
  return parsed({ engineId, engineBoots, engineTime, userName, digest, salt });
}

function boundedOctets(reader: BerReader, octetsMax: number, what: string): Uint8Array {
  const octets = reader.octets(octetsTag, what);
  if (octets.length > octetsMax) reader.fail(`${what} of ${octets.length} octets`);
  return octets;
}

export function writeV3Message(message: V3Message): { readonly bytes: Uint8Array; readonly digestAt: number } {
  const headerOctets = integersOctets([message.messageId, message.octetsMax, usmModel]) + elementOctets(1);
  const usmOctets = usmParametersOctets(message);
  const isCiphered = message.level === "authPriv";
  const contents =
    integersOctets([versionOf3]) +
    elementOctets(headerOctets) +
    elementOctets(elementOctets(usmOctets)) +
    (isCiphered ? elementOctets(message.data.length) : message.data.length);
  const writer = new BerWriter(elementOctets(contents));
  writer.header(sequenceTag, contents);
  writer.signed32(integerTag, versionOf3);
  writer.header(sequenceTag, headerOctets);
  writer.signed32(integerTag, message.messageId);
  writer.signed32(integerTag, message.octetsMax);
  writer.octets(octetsTag, Uint8Array.of(flagsOf(message)));
  writer.signed32(integerTag, usmModel);
  writer.header(octetsTag, elementOctets(usmOctets));
  const digestAt = writeUsmParameters(writer, message, usmOctets);
  if (isCiphered) writer.octets(octetsTag, message.data);
  else writer.written(message.data);
  return { bytes: writer.finish(), digestAt };
}

function flagsOf({ level, isReportable }: V3Message): number {
  const levelFlags = { noAuthNoPriv: 0, authNoPriv: flags.auth, authPriv: flags.auth | flags.priv }[level];
  return levelFlags | (isReportable ? flags.reportable : 0);
}

function writeUsmParameters(writer: BerWriter, message: UsmParameters, octets: number): number {
  writer.header(sequenceTag, octets);
  writer.octets(octetsTag, message.engineId);
  writer.signed32(integerTag, message.engineBoots);
  writer.signed32(integerTag, message.engineTime);
  writer.octets(octetsTag, message.userName);
  const digestAt = writer.octets(octetsTag, message.digest);
  writer.octets(octetsTag, message.salt);
  return digestAt;
}

function usmParametersOctets({ engineId, engineBoots, engineTime, userName, digest, salt }: UsmParameters): number {
  const strings = [engineId, userName, digest, salt].reduce((octets, { length }) => octets + elementOctets(length), 0);
  return strings + integersOctets([engineBoots, engineTime]);
}

function integersOctets(values: readonly number[]): number {
  return values.reduce((octets, value) => octets + elementOctets(signed32Octets(value)), 0);
}

/** Octets after it are refused: AES in CFB mode pads nothing. */
export function parseScopedPdu(bytes: Uint8Array): ParseResult<ScopedPdu> {
  const reader = new BerReader(bytes);
  const end = reader.open(sequenceTag, "scoped PDU");
  const contextEngineId = boundedOctets(reader, engineIdOctetsMax, "context engine id");
  const contextName = boundedOctets(reader, contextNameOctetsMax, "context name");
  const pdu = readPdu(reader);
  reader.close(end, "scoped PDU");
  if (!reader.atEnd) reader.fail("octets after the scoped PDU");
  if (reader.fault !== null || pdu === null) return refused(reader.fault ?? "no PDU");
  return parsed({ contextEngineId, contextName, pdu });
}

/** RFC 3411 section 3.3.3. */
const contextNameOctetsMax = 32;

export function writeScopedPdu({ contextEngineId, contextName, pdu }: ScopedPdu): Uint8Array {
  const contents = elementOctets(contextEngineId.length) + elementOctets(contextName.length) + pduOctets(pdu);
  const writer = new BerWriter(elementOctets(contents));
  writer.header(sequenceTag, contents);
  writer.octets(octetsTag, contextEngineId);
  writer.octets(octetsTag, contextName);
  writePdu(writer, pdu);
  return writer.finish();
}
