import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { ActiveConnection, GatewaySnapshot } from "../../../firmware/protocol/active-connection.js";
import { CommunityEnvelope } from "../../../firmware/protocol/snmp/community-envelope.js";
import { writeMessage } from "../../../firmware/protocol/snmp/community-message.js";
import { SnmpQuery, snmpQueryDefaults } from "../../../host/query/snmp-query.js";
import { aSnapshot } from "../../support/arbitraries.js";
import { askBySnmp, snmpAgentAddress, snmpAgentOf, snmpAsker } from "../../support/asked-snmp-agent.js";
import { aMessage, mutated } from "../../support/snmp-arbitraries.js";
import { anAgentOf, anEngine, aSession } from "../../support/snmp-user.js";

const longestAgeMs = 2 ** 31 - 1;

function asToldByColumns(connection: ActiveConnection): ActiveConnection {
  const { lastMediaAgeMs, ...statistics } = connection.statistics;
  const age = lastMediaAgeMs === null ? null : Math.min(lastMediaAgeMs, longestAgeMs);
  return { ...connection, statistics: { ...statistics, lastMediaAgeMs: age } };
}

const untagged = (connection: ActiveConnection): ActiveConnection => ({ ...connection, tag: "" });

function factsOf(snapshot: GatewaySnapshot) {
  const { gateway, bootId, counter, upMs, epoch } = snapshot;
  return { gateway, via: "snmp", bootId, counter, upMs, epoch, lineEvents: [], ended: [] };
}

function heardOnce(snapshot: GatewaySnapshot): Map<string, number> {
  const ages = new Map<string, number>();
  for (const { address, ageMs } of snapshot.heard) if (!ages.has(address)) ages.set(address, ageMs);
  return ages;
}

describe("an audit over SNMP", () => {
  const isPrivate = fc.boolean();
  const datagramBytesMax = fc.constantFrom(1472, 9000, 65_507);

  test.prop([aSnapshot(), fc.oneof(datagramBytesMax, fc.constant(484))], { numRuns: 100 })(
    "column by column gives back all but tags and the journal, however large datagrams may be",
    (snapshot, bytesMax) => {
      const outcome = askBySnmp(
        snmpAgentOf(() => snapshot, bytesMax),
        false,
      );
      if (outcome === null || !outcome.ok) throw new Error(`no audit: ${outcome?.reason}`);
      const { heard, connections, ...facts } = outcome.audit;
      expect(connections).toEqual(snapshot.connections.map(untagged).map(asToldByColumns));
      expect(new Map(heard.map(({ address, ageMs }) => [address, ageMs]))).toEqual(heardOnce(snapshot));
      expect(facts).toEqual(factsOf(snapshot));
    },
  );

  test.prop([aSnapshot(), datagramBytesMax, isPrivate, fc.boolean()], { numRuns: 150 })(
    "gives back all but the journal, with tags to a user under authPriv and to nobody else",
    (snapshot, bytesMax, asksInPrivate, asksChanges) => {
      const engine = anEngine(0, 1, bytesMax);
      const agent = anAgentOf(() => snapshot, engine, [snmpAsker.address], bytesMax);
      const outcome = askBySnmp(agent, asksChanges, asksInPrivate ? aSession() : new CommunityEnvelope("recovery"));
      if (outcome === null || !outcome.ok) throw new Error(`no audit: ${outcome?.reason}`);
      const { heard, connections, ...facts } = outcome.audit;
      const told = asksInPrivate ? snapshot.connections : snapshot.connections.map(untagged);
      expect(connections.map(asToldByColumns)).toEqual(told.map(asToldByColumns));
      expect(new Map(heard.map(({ address, ageMs }) => [address, ageMs]))).toEqual(heardOnce(snapshot));
      expect(facts).toEqual(factsOf(snapshot));
      expect(outcome.notTold.some((what) => what.startsWith("tags"))).toBe(!asksInPrivate);
    },
  );

  test.prop([aSnapshot(5), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), fc.boolean()], { numRuns: 60 })(
    "survives lost datagrams, or says that nobody answers",
    (snapshot, losses, asksChanges) => {
      const agent = snmpAgentOf(() => snapshot, 1472);
      const outcome = askBySnmp(agent, asksChanges, undefined, (datagram) => losses[datagram] ?? false);
      if (outcome === null) throw new Error("the query waits for nothing");
      const told = snapshot.connections.map(untagged).map(asToldByColumns);
      if (outcome.ok) expect(outcome.audit.connections.map(asToldByColumns)).toEqual(told);
      else expect(outcome.reason).toContain("no answer by SNMP to 4 tries");
    },
  );

  test.prop([fc.array(mutated(aMessage.map(writeMessage)), { maxLength: 20 })], { numRuns: 60 })(
    "is not misled by datagrams from elsewhere",
    (datagrams) => {
      const query = new SnmpQuery(
        { ...snmpQueryDefaults, gateway: "gw", to: snmpAgentAddress, envelope: new CommunityEnvelope("recovery") },
        () => 0.5,
      );
      query.start(0);
      for (const bytes of datagrams) {
        const turn = query.receive(bytes, { ...snmpAgentAddress, port: 162 }, 1);
        expect(turn).toEqual({ sends: [], outcome: null });
      }
    },
  );
});

describe("the agent", () => {
  const right = new TextEncoder().encode("recovery");
  const asked = aMessage.map(({ pdu }) => writeMessage({ community: right, pdu }));

  test.prop([aSnapshot(4), fc.array(fc.oneof(asked, mutated(asked)), { maxLength: 30 }), fc.constantFrom(484, 1472)], {
    numRuns: 100,
  })("answers any octets with nothing or with a message that fits", (snapshot, datagrams, datagramBytesMax) => {
    const agent = snmpAgentOf(() => snapshot, datagramBytesMax);
    for (const bytes of datagrams) {
      const answer = agent.handle(bytes, snmpAsker, 1);
      if (answer !== null) expect(answer.length).toBeLessThanOrEqual(datagramBytesMax);
    }
    const { inPkts, outPkts, inBadVersions, inBadCommunityNames, inAsnParseErrs, silentDrops } = agent.counters;
    expect(inPkts).toBe(datagrams.length);
    expect(inPkts).toBe(outPkts + inBadVersions + inBadCommunityNames + inAsnParseErrs + silentDrops);
  });
});
