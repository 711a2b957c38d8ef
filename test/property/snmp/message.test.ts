import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { parseMessage, writeMessage } from "../../../firmware/protocol/snmp/community-message.js";
import { compareOids, formatOid, parseOid } from "../../../firmware/protocol/snmp/oid.js";
import { pduOctets } from "../../../firmware/protocol/snmp/pdu.js";
import { aMessage, anOid, aPdu, mutated } from "../../support/snmp-arbitraries.js";

const written = aMessage.map(writeMessage);

describe("SNMPv2c messages", () => {
  test.prop([aMessage], { numRuns: 300 })("what is written is parsed to the same", (message) => {
    expect(parseMessage(writeMessage(message))).toEqual({ ok: true, value: { kind: "v2c", message } });
  });

  test.prop([written], { numRuns: 300 })("what is parsed is written to the same octets", (bytes) => {
    const result = parseMessage(bytes);
    if (!result.ok || result.value.kind !== "v2c") throw new Error("not parsed");
    expect(writeMessage(result.value.message)).toEqual(bytes);
  });

  test.prop([fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated(written))], { numRuns: 3000 })(
    "any octets end in a value or a reason, and a value can be written",
    (bytes) => {
      const result = parseMessage(bytes);
      if (!result.ok) expect(result.reason).not.toBe("");
      else if (result.value.kind === "v2c") expect(writeMessage(result.value.message).length).toBeGreaterThan(0);
    },
  );

  test.prop([written, fc.nat()], { numRuns: 300 })("a message cut short anywhere is refused", (bytes, at) => {
    expect(parseMessage(bytes.subarray(0, at % bytes.length)).ok).toBe(false);
  });

  test.prop([aPdu], { numRuns: 200 })("the octets of a PDU are known before it is written", (pdu) => {
    const community = new Uint8Array(0);
    const alone = writeMessage({ community, pdu: { ...pdu, bindings: [] } });
    const around = alone.length - pduOctets({ ...pdu, bindings: [] });
    const whole = writeMessage({ community, pdu });
    const moreLengthOctets = whole.length - pduOctets(pdu) - around;
    expect([0, 1, 2]).toContain(moreLengthOctets);
  });
});

describe("object identifiers", () => {
  test.prop([anOid])("what is formatted is parsed to the same", (oid) => {
    expect(parseOid(formatOid(oid))).toEqual({ ok: true, value: oid });
  });

  test.prop([fc.array(anOid, { minLength: 2, maxLength: 8 })])("their order is total", (oids) => {
    const sorted = [...oids].sort(compareOids);
    for (const [place, oid] of sorted.entries()) {
      for (const later of sorted.slice(place)) {
        expect(compareOids(oid, later)).toBeLessThanOrEqual(0);
        expect(compareOids(later, oid)).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
