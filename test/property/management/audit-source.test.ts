import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { auditSource } from "../../../firmware/management/audit-source.js";
import { type ConnectionRow, ConnectionTable } from "../../../firmware/management/connection-table.js";
import { Journal } from "../../../firmware/management/journal.js";
import type { ActiveConnection, GatewayAudit } from "../../../firmware/protocol/active-connection.js";
import { namedConnection } from "../../../firmware/protocol/active-connection.js";
import { wholeAudit } from "../../../firmware/protocol/mgcp/recovery-package.js";
import { readAuditPage, writeAuditPage } from "../../../firmware/protocol/mgcp/recovery-page.js";
import { AuditPages } from "../../../firmware/protocol/mgcp/recovery-pages.js";
import { ConnectionRecords } from "../../../host/registry/connection-records.js";
import { tableRow } from "../../support/table-row.js";

const gateway = "gw1.example";
/** The table of a gateway, and what a model says it holds. */
class Told {
  readonly table = new ConnectionTable({ goneMax: 3 });
  readonly journal = new Journal({ entriesMax: 10 });
  readonly model = new Map<string, string>();

  put(id: string, callId: string): void {
    this.table.put(tableRow({ connectionId: id, callId }));
    this.model.set(id, callId);
  }

  remove(id: string): void {
    this.table.remove(id);
    this.model.delete(id);
  }

  page(request: typeof wholeAudit) {
    const describe = ({ connectionId, callId }: ConnectionRow): ActiveConnection => ({
      ...namedConnection(gateway, connectionId),
      callId,
      tag: "t".repeat(150),
      changedAt: this.table.changedAt(connectionId),
    });
    const boot = () => ({ bootId: "B1", counter: this.table.counter, upMs: 1, epoch: null, heard: [] });
    const { table, journal } = this;
    const page = writeAuditPage(auditSource({ table, journal, boot, describe }, 0), request, "*", 1_200);
    const read = page === null ? null : readAuditPage(gateway, { extensions: page.extensions });
    if (read !== null && !read.ok) throw new Error(read.reason);
    return read?.value ?? null;
  }
}

type Doing =
  | { readonly kind: "put" | "remove"; readonly id: number; readonly call: number }
  | { readonly kind: "audit"; readonly parts: number | null };

const aDoing: fc.Arbitrary<Doing> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("put" as const), id: fc.nat({ max: 40 }), call: fc.nat({ max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("remove" as const), id: fc.nat({ max: 40 }), call: fc.constant(0) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("audit" as const), parts: fc.option(fc.integer({ min: 1, max: 4 })) }),
  },
);

function does(told: Told, doing: Doing | undefined): void {
  if (doing?.kind === "put") told.put(`A${doing.id}`, `C${doing.call}`);
  else if (doing?.kind === "remove") told.remove(`A${doing.id}`);
}

/** A whole audit of many pages, what is done meanwhile done between them. */
function audit(told: Told, records: ConnectionRecords, parts: number | null, meanwhile: Doing[]): GatewayAudit | null {
  const since = records.since(gateway, "mgcp");
  const pages = new AuditPages();
  const waiting: (string | null)[] = [null];
  while (waiting.length > 0) {
    const after = waiting.shift() ?? null;
    const page = told.page({ ...wholeAudit, since, after, parts });
    if (page === null) return null;
    pages.add(page);
    waiting.push(...page.next);
    does(told, meanwhile.shift());
  }
  const snapshot = pages.snapshot();
  return snapshot === null ? null : { ...snapshot, via: "mgcp" };
}

test.prop([fc.array(aDoing, { maxLength: 250 }), fc.array(aDoing, { maxLength: 20 })], { numRuns: 60 })(
  "a record kept by audits of what changed is the table, whatever happened between two of them and between two pages",
  (doings, meanwhile) => {
    const told = new Told();
    const records = new ConnectionRecords([]);
    const between = [...meanwhile];
    const learn = (parts: number | null, left: Doing[]) => {
      const answer = audit(told, records, parts, left);
      const completed = answer === null ? null : records.completed(answer);
      if (completed !== null) records.learn(completed, { askedAtWallMs: 0, heardAtWallMs: 0 });
    };
    for (const doing of doings) {
      if (doing.kind === "audit") learn(doing.parts, between);
      else does(told, doing);
    }
    // The first catches up with what happened while the one before it was read, or begins anew.
    learn(null, []);
    learn(2, []);
    const record = new Map(records.connections(gateway).map(({ connectionId, callId }) => [connectionId, callId]));
    expect([...record].sort()).toEqual([...told.model].sort());
    expect(records.of(gateway)?.counter).toBe(told.table.counter);
  },
);

test("who knows all is told nothing but that", () => {
  const told = new Told();
  for (let id = 0; id < 30; id += 1) told.put(`A${id}`, "C1");
  const since = { bootId: "B1", counter: told.table.counter };
  expect(told.page({ ...wholeAudit, since })).toMatchObject({ since: 30, connections: [], gone: [], next: [] });
});

test("who knows less than is remembered of what ended is told of everything", () => {
  const told = new Told();
  for (let id = 0; id < 20; id += 1) told.put(`A${id}`, "C1");
  for (let id = 0; id < 10; id += 1) told.remove(`A${id}`);
  const page = told.page({ ...wholeAudit, since: { bootId: "B1", counter: 20 } });
  expect([page?.since, page?.connections.length]).toEqual([undefined, 3]);
});
