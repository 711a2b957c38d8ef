import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { AuditOutcome } from "../../../host/query/audit-query.js";
import { MgcpQuery } from "../../../host/query/mgcp-query.js";
import { aSnapshot } from "../../support/arbitraries.js";
import { askedGateway, playQuery, recoveryAnswers } from "../../support/scripted-gateway.js";

/** Parts of an audit that are read at once come in any order. */
function inOrderOfIds(outcome: AuditOutcome): AuditOutcome {
  if (!outcome.ok) return outcome;
  const connections = [...outcome.audit.connections].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  return { ...outcome, audit: { ...outcome.audit, connections } };
}

test.prop([aSnapshot(), fc.constantFrom(600, 4_000, 16_000)], { numRuns: 80 })(
  "a query learns the whole snapshot, however many pages it takes",
  (snapshot, bytesMax) => {
    const query = new MgcpQuery({ gateway: snapshot.gateway, to: askedGateway, bytesMax }, () => 0.5);
    const outcome = playQuery(query, recoveryAnswers(snapshot));
    expect(inOrderOfIds(outcome)).toMatchObject({ ok: true, audit: { via: "mgcp", ...snapshot }, notTold: [] });
  },
);

test.prop([aSnapshot(), fc.infiniteStream(fc.nat({ max: 99 }))], { numRuns: 60 })(
  "with a fifth of all datagrams lost it still learns the whole snapshot, or says that nobody answers",
  (snapshot, dice) => {
    const query = new MgcpQuery({ gateway: snapshot.gateway, to: askedGateway, bytesMax: 4_000 }, () => 0.5);
    const outcome = inOrderOfIds(playQuery(query, recoveryAnswers(snapshot), () => (dice.next().value ?? 0) < 20));
    if (outcome.ok) expect(outcome.audit).toEqual({ via: "mgcp", ...snapshot });
    else expect(outcome.reason).toContain("no answer");
  },
);

test.prop([fc.uint8Array({ maxLength: 200 })])("any bytes from a stranger leave a query waiting", (bytes) => {
  const query = new MgcpQuery({ gateway: "gw", to: askedGateway }, () => 0.5);
  query.start(0);
  expect(query.receive(bytes, askedGateway, 1).outcome).toBeNull();
});
