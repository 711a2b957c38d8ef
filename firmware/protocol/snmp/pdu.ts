/**
 * Protocol data units of SNMPv2 (RFC 3416 section 3), which v2c and v3 messages both carry. Not the message around
 * them (community-message.ts), nor what is done with them (management/snmp-face, host/query/snmp-query).
 *
 *     [kind] { request-id, error-status | non-repeaters, error-index | max-repetitions, { { name, value } * } }
 */
import type { BerReader } from "./ber-reader.js";
import { type BerWriter, elementOctets, oidOctets, signed32Octets } from "./ber-writer.js";
import type { Oid } from "./oid.js";
import { readValue, type SnmpValue, valueOctets, writeValue } from "./value.js";

export interface VariableBinding {
  readonly name: Oid;
  readonly value: SnmpValue;
}

/** All kinds but get-bulk; status and index mean something in a response only, and are 0 elsewhere. */
export interface PlainPdu {
  readonly kind: "get" | "get-next" | "response" | "set" | "inform" | "trap" | "report";
  readonly requestId: number;
  readonly errorStatus: number;
  /** From 1; 0 is no binding. */
  readonly errorIndex: number;
  readonly bindings: readonly VariableBinding[];
}

export interface BulkPdu {
  readonly kind: "get-bulk";
  readonly requestId: number;
  readonly nonRepeaters: number;
  readonly maxRepetitions: number;
  readonly bindings: readonly VariableBinding[];
}

export type Pdu = PlainPdu | BulkPdu;

const pduTags = {
  get: 0xa0,
  "get-next": 0xa1,
  response: 0xa2,
  set: 0xa3,
  "get-bulk": 0xa5,
  inform: 0xa6,
  trap: 0xa7,
  report: 0xa8,
} as const satisfies Record<Pdu["kind"], number>;

const kindsByTag = new Map<number, Pdu["kind"]>([
  [pduTags.get, "get"],
  [pduTags["get-next"], "get-next"],
  [pduTags.response, "response"],
  [pduTags.set, "set"],
  [pduTags["get-bulk"], "get-bulk"],
  [pduTags.inform, "inform"],
  [pduTags.trap, "trap"],
  [pduTags.report, "report"],
]);

/** RFC 3416 section 3, in the order of their numbers. */
const errorStatusNames = [
  "noError",
  "tooBig",
  "noSuchName",
  "badValue",
  "readOnly",
  "genErr",
  "noAccess",
  "wrongType",
  "wrongLength",
  "wrongEncoding",
  "wrongValue",
  "noCreation",
  "inconsistentValue",
  "resourceUnavailable",
  "commitFailed",
  "undoFailed",
  "authorizationError",
  "notWritable",
  "inconsistentName",
] as const;

export function errorStatus(name: (typeof errorStatusNames)[number]): number {
  return errorStatusNames.indexOf(name);
}

export function errorStatusName(status: number): string {
  return errorStatusNames[status] ?? `error-status ${status}`;
}

export const sequenceTag = 0x30;
const integerTag = 0x02;
const oidTag = 0x06;

/** A datagram holds no more bindings than this, be they ever so short; what is more is refused. */
export const bindingsMax = 4096;

/** Null only with the reader's fault set. */
export function readPdu(reader: BerReader): Pdu | null {
  const kind = kindsByTag.get(reader.nextTag);
  if (kind === undefined) {
    reader.fail(`PDU of unknown tag ${reader.nextTag}`);
    return null;
  }
  const outerEnd = reader.open(pduTags[kind], "PDU");
  const requestId = reader.signed32(integerTag, "request-id");
  const second = reader.signed32(integerTag, "error-status or non-repeaters");
  const third = reader.signed32(integerTag, "error-index or max-repetitions");
  const bindings = readBindings(reader);
  reader.close(outerEnd, "PDU");
  if (kind === "get-bulk") return { kind, requestId, nonRepeaters: second, maxRepetitions: third, bindings };
  return { kind, requestId, errorStatus: second, errorIndex: third, bindings };
}

function readBindings(reader: BerReader): VariableBinding[] {
  const bindings: VariableBinding[] = [];
  const outerEnd = reader.open(sequenceTag, "variable-bindings");
  while (!reader.atEnd) {
    const listEnd = reader.open(sequenceTag, "variable binding");
    const name = reader.oid(oidTag, "name");
    const value = readValue(reader);
    reader.close(listEnd, "variable binding");
    if (bindings.length >= bindingsMax) reader.fail(`more than ${bindingsMax} variable bindings`);
    bindings.push({ name, value });
  }
  reader.close(outerEnd, "variable-bindings");
  return bindings;
}

export function writePdu(writer: BerWriter, pdu: Pdu): void {
  const listOctets = bindingsOctets(pdu.bindings);
  writer.header(pduTags[pdu.kind], contentOctets(pdu, listOctets));
  for (const field of fields(pdu)) writer.signed32(integerTag, field);
  writer.header(sequenceTag, listOctets);
  for (const { name, value } of pdu.bindings) {
    writer.header(sequenceTag, elementOctets(oidOctets(name)) + valueOctets(value));
    writer.oid(oidTag, name);
    writeValue(writer, value);
  }
}

/** Octets that writePdu will take. */
export function pduOctets(pdu: Pdu): number {
  return elementOctets(contentOctets(pdu, bindingsOctets(pdu.bindings)));
}

/** Octets of one binding within the list, for those who fill a list up to a limit. */
export function bindingOctets(binding: VariableBinding): number {
  return elementOctets(elementOctets(oidOctets(binding.name)) + valueOctets(binding.value));
}

function bindingsOctets(bindings: readonly VariableBinding[]): number {
  return bindings.reduce((octets, binding) => octets + bindingOctets(binding), 0);
}

function contentOctets(pdu: Pdu, listOctets: number): number {
  const fieldOctets = fields(pdu).reduce((octets, field) => octets + elementOctets(signed32Octets(field)), 0);
  return fieldOctets + elementOctets(listOctets);
}

function fields(pdu: Pdu): readonly number[] {
  if (pdu.kind === "get-bulk") return [pdu.requestId, pdu.nonRepeaters, pdu.maxRepetitions];
  return [pdu.requestId, pdu.errorStatus, pdu.errorIndex];
}
