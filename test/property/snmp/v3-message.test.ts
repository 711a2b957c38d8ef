import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  parseScopedPdu,
  parseV3Message,
  type V3Message,
  writeScopedPdu,
  writeV3Message,
} from "../../../firmware/protocol/snmp/v3-message.js";
import { aCallOf, aGatewayWith } from "../../support/example-snapshot.js";
import { aPdu, mutated } from "../../support/snmp-arbitraries.js";
import { anAgentOf, anEngine, aSession, asked, scopedPduOf, sealedAsBackup } from "../../support/snmp-user.js";

const octets = (most: number) => fc.uint8Array({ maxLength: most });
const integer31 = fc.integer({ min: 0, max: 0x7fff_ffff });
const aScopedPdu = fc.record({ contextEngineId: octets(32), contextName: octets(32), pdu: aPdu });
const aV3Message: fc.Arbitrary<V3Message> = fc.record({
  messageId: integer31,
  octetsMax: fc.integer({ min: 484, max: 0x7fff_ffff }),
  level: fc.constantFrom("noAuthNoPriv" as const, "authNoPriv" as const, "authPriv" as const),
  isReportable: fc.boolean(),
  engineId: octets(32),
  engineBoots: integer31,
  engineTime: integer31,
  userName: octets(32),
  digest: octets(48),
  salt: octets(8),
  data: aScopedPdu.map(writeScopedPdu),
});
const written = aV3Message.map((message) => writeV3Message(message).bytes);

describe("SNMPv3 messages", () => {
  test.prop([aV3Message], { numRuns: 200 })(
    "what is written is parsed to the same, the digest's place too",
    (message) => {
      const { bytes, digestAt } = writeV3Message(message);
      expect(parseV3Message(bytes)).toEqual({ ok: true, value: { message, digestAt } });
    },
  );

  test.prop([aScopedPdu], { numRuns: 150 })("so are scoped PDUs", (scoped) => {
    expect(parseScopedPdu(writeScopedPdu(scoped))).toEqual({ ok: true, value: scoped });
  });

  test.prop([fc.oneof(octets(200), mutated(written))], { numRuns: 2000 })(
    "any octets end in a value or a reason, and a value is written to the same octets when they were canonical",
    (bytes) => {
      const result = parseV3Message(bytes);
      if (!result.ok) expect(result.reason).not.toBe("");
      else expect(parseV3Message(writeV3Message(result.value.message).bytes).ok).toBe(true);
    },
  );

  test.prop([written, fc.nat()], { numRuns: 200 })("a message cut short anywhere is refused", (bytes, at) => {
    expect(parseV3Message(bytes.subarray(0, at % bytes.length)).ok).toBe(false);
  });
});

describe("an engine and a session", () => {
  const here = { address: "127.0.0.1", port: 40_000 };
  const gateway = aGatewayWith([aCallOf(1), aCallOf(2)]);
  const requests = aPdu.filter(({ kind }) => kind === "get" || kind === "get-next" || kind === "get-bulk");

  test.prop([requests, fc.constantFrom(484, 1472), fc.nat({ max: 10_000_000 })], { numRuns: 80 })(
    "a request comes through, and its answer fits",
    (pdu, datagramBytesMax, nowMs) => {
      const agent = anAgentOf(() => gateway, anEngine(0, 7, datagramBytesMax), [here.address], datagramBytesMax);
      const session = aSession();
      // Boots and time, once they are known, may make it longer; so its length is asked after that.
      asked(session, agent, here, { ...pdu, bindings: [] }, nowMs);
      if (session.wrap(pdu, nowMs).length > datagramBytesMax) return;
      const opened = asked(session, agent, here, pdu, nowMs);
      if (opened.kind === "pdu") expect(opened.pdu).toMatchObject({ kind: "response", requestId: pdu.requestId });
      else expect(agent.counters.silentDrops).toBe(1);
      const answer = agent.handle(session.wrap(pdu, nowMs), here, nowMs);
      expect(answer?.length ?? 0).toBeLessThanOrEqual(datagramBytesMax);
    },
  );

  const garbage = fc.oneof(octets(400), mutated(aPdu.map(scopedPduOf)), mutated(aScopedPdu.map(writeScopedPdu)));

  test.prop([fc.array(garbage, { maxLength: 20 })], { numRuns: 150 })(
    "whatever a user enciphers, it is answered, reported or dropped, and the next request as ever",
    (all) => {
      const agent = anAgentOf(() => gateway, anEngine(), [here.address]);
      const session = aSession();
      for (const plain of all) {
        const answer = agent.handle(sealedAsBackup(plain), here, 0);
        if (answer !== null) expect(answer.length).toBeLessThanOrEqual(1472);
      }
      const { inPkts, outPkts, silentDrops, inAsnParseErrs } = agent.counters;
      expect([inPkts, outPkts + silentDrops]).toEqual([all.length, all.length - inAsnParseErrs]);
      const pdu = { kind: "get-bulk", requestId: 1, nonRepeaters: 0, maxRepetitions: 3, bindings: [] } as const;
      expect(asked(session, agent, here, pdu, 0)).toMatchObject({ kind: "pdu", pdu: { requestId: 1 } });
    },
  );

  test.prop([fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 })], {
    numRuns: 300,
  })("no octet of a request or an answer can be changed unnoticed", (changes) => {
    const agent = anAgentOf(() => gateway, anEngine(), [here.address]);
    const session = aSession();
    const pdu = { kind: "get-bulk", requestId: 1, nonRepeaters: 0, maxRepetitions: 3, bindings: [] } as const;
    asked(session, agent, here, pdu, 0);
    const request = session.wrap(pdu, 0);
    const answer = agent.handle(request, here, 0) ?? new Uint8Array(0);
    const changed = (bytes: Uint8Array) => {
      const octetsOf = Uint8Array.from(bytes);
      for (const [at, by] of changes) octetsOf[at % octetsOf.length] = (octetsOf[at % octetsOf.length] ?? 0) ^ by;
      return octetsOf;
    };
    if (Buffer.compare(changed(answer), answer) !== 0) expect(session.open(changed(answer), 0).kind).toBe("foreign");
    const { outPkts, reports } = agent.counters;
    if (Buffer.compare(changed(request), request) !== 0) agent.handle(changed(request), here, 0);
    // A report that is no longer wanted is counted and not sent; nothing but reports is ever sent.
    expect(agent.counters.outPkts - outPkts).toBeLessThanOrEqual(agent.counters.reports - reports);
  });
});
