/** SNMP messages, any that can be written, for the laws of the codec and of those who answer and ask. */
import fc from "fast-check";
import type { CommunityMessage } from "../../firmware/protocol/snmp/community-message.js";
import type { Oid } from "../../firmware/protocol/snmp/oid.js";
import type { Pdu, VariableBinding } from "../../firmware/protocol/snmp/pdu.js";
import type { SnmpValue } from "../../firmware/protocol/snmp/value.js";

const aSubIdentifier = fc.oneof(
  fc.nat({ max: 300 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constant(0xffff_ffff),
);

export const anOid: fc.Arbitrary<Oid> = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 39 })),
      fc.tuple(fc.constant(2), fc.integer({ min: 0, max: 0xffff_ffff - 80 })),
    ),
    fc.oneof(fc.array(aSubIdentifier, { maxLength: 12 }), fc.array(aSubIdentifier, { minLength: 126, maxLength: 126 })),
  )
  .map(([head, tail]) => [...head, ...tail]);

const anInteger32 = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 127, 128, -128, -129),
);
const anUnsigned32 = fc.integer({ min: 0, max: 0xffff_ffff });
const someOctets = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 120, maxLength: 300 }));

export const aValue: fc.Arbitrary<SnmpValue> = fc.oneof(
  fc.record({ type: fc.constant("integer" as const), value: anInteger32 }),
  fc.record({ type: fc.constantFrom("octets" as const, "opaque" as const), value: someOctets }),
  fc.record({ type: fc.constant("oid" as const), value: anOid }),
  fc.record({ type: fc.constant("ip-address" as const), value: fc.uint8Array({ minLength: 4, maxLength: 4 }) }),
  fc.record({
    type: fc.constantFrom("counter32" as const, "unsigned32" as const, "ticks" as const),
    value: anUnsigned32,
  }),
  fc.record({ type: fc.constant("counter64" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({
    type: fc.constantFrom("null" as const, "noSuchObject" as const, "noSuchInstance" as const, "endOfMibView" as const),
  }),
);

const someBindings: fc.Arbitrary<VariableBinding[]> = fc.array(fc.record({ name: anOid, value: aValue }), {
  maxLength: 6,
});

export const aPdu: fc.Arbitrary<Pdu> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      ...(["get", "get-next", "response", "set", "inform", "trap", "report"] as const satisfies Pdu["kind"][]),
    ),
    requestId: anInteger32,
    errorStatus: anInteger32,
    errorIndex: anInteger32,
    bindings: someBindings,
  }),
  fc.record({
    kind: fc.constant("get-bulk" as const),
    requestId: anInteger32,
    nonRepeaters: anInteger32,
    maxRepetitions: anInteger32,
    bindings: someBindings,
  }),
);

export const aMessage: fc.Arbitrary<CommunityMessage> = fc.record({
  community: fc.uint8Array({ maxLength: 255 }),
  pdu: aPdu,
});

/** Changes one octet, cuts, doubles or lengthens: what random octets never get to. */
export function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    kind: fc.constantFrom("set", "cut", "insert", "double"),
    at: fc.nat(),
    octet: fc.nat({ max: 255 }),
  });
  return fc.tuple(bytes, fc.array(change, { minLength: 1, maxLength: 4 })).map(([original, changes]) => {
    let octets = [...original];
    for (const { kind, at, octet } of changes) {
      const place = octets.length === 0 ? 0 : at % octets.length;
      if (kind === "set") octets[place] = octet;
      else if (kind === "cut") octets = octets.slice(0, place);
      else if (kind === "insert") octets.splice(place, 0, octet);
      else octets.splice(place, 0, ...octets.slice(place, place + 16));
    }
    return Uint8Array.from(octets);
  });
}
