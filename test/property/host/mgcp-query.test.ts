import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { GatewaySnapshot } from "../../../firmware/protocol/active-connection.js";
import type { MgcpCommand } from "../../../firmware/protocol/mgcp/message.js";
import { readAuditRequest, recoveryCodes } from "../../../firmware/protocol/mgcp/recovery-package.js";
import { writeAuditPage } from "../../../firmware/protocol/mgcp/recovery-page.js";
import type { ResponseToSend } from "../../../firmware/protocol/mgcp/transaction-options.js";
import type { AuditOutcome } from "../../../host/query/audit-query.js";
import { MgcpQuery } from "../../../host/query/mgcp-query.js";
import { aSnapshot } from "../../support/arbitraries.js";
import { askedGateway, playQuery } from "../../support/scripted-gateway.js";
import { snapshotSource } from "../../support/snapshot-source.js";

/** A gateway of ours, as far as audits go. */
function answerFrom(snapshot: GatewaySnapshot): (command: MgcpCommand) => ResponseToSend {
  return (command) => {
    const request = readAuditRequest(command.parameters);
    if (!request.ok || request.value === null) throw new Error("an audit was expected");
    const page = writeAuditPage(
      snapshotSource(snapshot),
      request.value,
      command.endpoint.local,
      request.value.bytesMax ?? 4_000,
    );
    if (page !== null) return { code: 200, comment: "OK", parameters: { extensions: page.extensions }, sessions: [] };
    return { code: recoveryCodes.unknownBootOrCursor, packageName: "x-ho", comment: "", parameters: {}, sessions: [] };
  };
}

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
    const outcome = playQuery(query, answerFrom(snapshot));
    expect(inOrderOfIds(outcome)).toMatchObject({ ok: true, audit: { via: "mgcp", ...snapshot }, notTold: [] });
  },
);

test.prop([aSnapshot(), fc.infiniteStream(fc.nat({ max: 99 }))], { numRuns: 60 })(
  "with a fifth of all datagrams lost it still learns the whole snapshot, or says that nobody answers",
  (snapshot, dice) => {
    const query = new MgcpQuery({ gateway: snapshot.gateway, to: askedGateway, bytesMax: 4_000 }, () => 0.5);
    const outcome = inOrderOfIds(playQuery(query, answerFrom(snapshot), () => (dice.next().value ?? 0) < 20));
    if (outcome.ok) expect(outcome.audit).toEqual({ via: "mgcp", ...snapshot });
    else expect(outcome.reason).toContain("no answer");
  },
);

test.prop([fc.uint8Array({ maxLength: 200 })])("any bytes from a stranger leave a query waiting", (bytes) => {
  const query = new MgcpQuery({ gateway: "gw", to: askedGateway }, () => 0.5);
  query.start(0);
  expect(query.receive(bytes, askedGateway, 1).outcome).toBeNull();
});
