/** Values of SNMP variables: the ObjectSyntax of RFC 3416 section 3, and the exceptions that stand in its place. */
import type { BerReader } from "./ber-reader.js";
import {
  type BerWriter,
  elementOctets,
  oidOctets,
  signed32Octets,
  unsigned32Octets,
  unsignedOctets,
} from "./ber-writer.js";
import type { Oid } from "./oid.js";

export type SnmpValue =
  /** INTEGER and Integer32: -2147483648 .. 2147483647. */
  | { readonly type: "integer"; readonly value: number }
  | { readonly type: "octets" | "opaque"; readonly value: Uint8Array }
  | { readonly type: "oid"; readonly value: Oid }
  /** IpAddress: four octets. */
  | { readonly type: "ip-address"; readonly value: Uint8Array }
  /** 0 .. 4294967295; ticks are hundredths of a second, unsigned32 is Gauge32 too. */
  | { readonly type: "counter32" | "unsigned32" | "ticks"; readonly value: number }
  /** 0 .. 18446744073709551615, also what CounterBasedGauge64 (RFC 2856) travels as. */
  | { readonly type: "counter64"; readonly value: bigint }
  | { readonly type: "null" | "noSuchObject" | "noSuchInstance" | "endOfMibView" };

type ValueType = SnmpValue["type"];

const tags = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  "ip-address": 0x40,
  counter32: 0x41,
  unsigned32: 0x42,
  ticks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const satisfies Record<ValueType, number>;

const readers = new Map<number, (reader: BerReader) => SnmpValue>([
  [tags.integer, (reader) => ({ type: "integer", value: reader.signed32(tags.integer, "INTEGER") })],
  [tags.octets, (reader) => ({ type: "octets", value: reader.octets(tags.octets, "OCTET STRING") })],
  [tags.oid, (reader) => ({ type: "oid", value: reader.oid(tags.oid, "OBJECT IDENTIFIER") })],
  [tags["ip-address"], readIpAddress],
  [tags.counter32, (reader) => ({ type: "counter32", value: readUnsigned32(reader, tags.counter32) })],
  [tags.unsigned32, (reader) => ({ type: "unsigned32", value: readUnsigned32(reader, tags.unsigned32) })],
  [tags.ticks, (reader) => ({ type: "ticks", value: readUnsigned32(reader, tags.ticks) })],
  [tags.opaque, (reader) => ({ type: "opaque", value: reader.octets(tags.opaque, "Opaque") })],
  [tags.counter64, (reader) => ({ type: "counter64", value: reader.unsigned(tags.counter64, 64, "Counter64") })],
  [tags.null, (reader) => readEmpty(reader, "null")],
  [tags.noSuchObject, (reader) => readEmpty(reader, "noSuchObject")],
  [tags.noSuchInstance, (reader) => readEmpty(reader, "noSuchInstance")],
  [tags.endOfMibView, (reader) => readEmpty(reader, "endOfMibView")],
]);

/** The octets of the value are a view of the datagram, not a copy. */
export function readValue(reader: BerReader): SnmpValue {
  const read = readers.get(reader.nextTag);
  if (read !== undefined) return read(reader);
  reader.fail(`value of unknown tag ${reader.nextTag}`);
  return { type: "null" };
}

function readUnsigned32(reader: BerReader, tag: number): number {
  return Number(reader.unsigned(tag, 32, "unsigned value"));
}

function readIpAddress(reader: BerReader): SnmpValue {
  const value = reader.octets(tags["ip-address"], "IpAddress");
  if (value.length !== 4) reader.fail(`IpAddress of ${value.length} octets`);
  return { type: "ip-address", value };
}

function readEmpty(reader: BerReader, type: "null" | "noSuchObject" | "noSuchInstance" | "endOfMibView"): SnmpValue {
  if (reader.octets(tags[type], type).length > 0) reader.fail(`${type} is not empty`);
  return { type };
}

export function writeValue(writer: BerWriter, value: SnmpValue): void {
  const tag = tags[value.type];
  switch (value.type) {
    case "integer":
      writer.signed32(tag, value.value);
      break;
    case "octets":
    case "opaque":
    case "ip-address":
      writer.octets(tag, value.value);
      break;
    case "oid":
      writer.oid(tag, value.value);
      break;
    case "counter32":
    case "unsigned32":
    case "ticks":
      writer.unsigned32(tag, value.value);
      break;
    case "counter64":
      writer.unsigned(tag, value.value);
      break;
    default:
      writer.header(tag, 0);
  }
}

/** Octets that writeValue will take, tag and length included. */
export function valueOctets(value: SnmpValue): number {
  switch (value.type) {
    case "integer":
      return elementOctets(signed32Octets(value.value));
    case "octets":
    case "opaque":
    case "ip-address":
      return elementOctets(value.value.length);
    case "oid":
      return elementOctets(oidOctets(value.value));
    case "counter32":
    case "unsigned32":
    case "ticks":
      return elementOctets(unsigned32Octets(value.value));
    case "counter64":
      return elementOctets(unsignedOctets(value.value));
    default:
      return elementOctets(0);
  }
}
