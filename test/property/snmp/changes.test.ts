/** A record kept over SNMP is the gateway's table, whatever changes while it is read. */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type ConnectionRow, ConnectionTable } from "../../../firmware/management/connection-table.js";
import { SnmpAgent } from "../../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../../firmware/management/snmp-face.js";
import { snmpSource } from "../../../firmware/management/snmp-source.js";
import { namedConnection } from "../../../firmware/protocol/active-connection.js";
import { holdoverRoot } from "../../../firmware/protocol/mib/holdover-mib.js";
import { CommunityEnvelope } from "../../../firmware/protocol/snmp/community-envelope.js";
import { SnmpQuery, snmpQueryDefaults } from "../../../host/query/snmp-query.js";
import { ConnectionRecords } from "../../../host/registry/connection-records.js";
import { tableRow } from "../../support/table-row.js";

const gateway = "gw1.example";
const here = { address: "127.0.0.1", port: 40_000 };
const there = { address: "127.10.0.1", port: 161 };

type Doing =
  | { readonly kind: "put"; readonly id: number; readonly call: number }
  | { readonly kind: "remove"; readonly id: number };

const aDoing: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), id: fc.nat({ max: 150 }), call: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("remove" as const), id: fc.nat({ max: 150 }) }),
);

class Told {
  readonly table = new ConnectionTable({ goneMax: 5 });
  /** By id, the call: what the table holds. */
  readonly model = new Map<string, string>();
  readonly #agent: SnmpAgent;

  constructor() {
    const boot = () => ({ bootId: "B1", counter: this.table.counter, upMs: 1, epoch: null, heard: [] });
    const describe = ({ connectionId, callId }: ConnectionRow) => ({
      ...namedConnection(gateway, connectionId),
      callId,
    });
    const source = snmpSource({
      gateway,
      cname: gateway,
      readStatistics: () => null,
      table: this.table,
      boot,
      describe,
    });
    const face = new SnmpFace({ root: holdoverRoot, viewKeptMs: 500, repetitionsMax: 100 }, source);
    this.#agent = new SnmpAgent({ community: "recovery", askers: [here.address], datagramBytesMax: 484 }, face);
  }

  does(doing: Doing | undefined): void {
    if (doing === undefined) return;
    const id = (0xa000 + doing.id).toString(16).toUpperCase();
    if (doing.kind === "put") {
      this.table.put(tableRow({ connectionId: id, callId: `C${doing.call}` }));
      this.model.set(id, `C${doing.call}`);
    } else {
      this.table.remove(id);
      this.model.delete(id);
    }
  }

  /** One audit, with `meanwhile` done before each of its answers; answers come in an order that `pick` says. */
  learn(records: ConnectionRecords, meanwhile: Doing[], pick: (waiting: number) => number): void {
    const envelope = new CommunityEnvelope("recovery");
    const since = records.since(gateway, "snmp");
    const query = new SnmpQuery({ ...snmpQueryDefaults, gateway, to: there, envelope, since }, () => 0.5);
    let turn = query.start(0);
    const sends = [...turn.sends];
    while (turn.outcome === null) {
      const [next] = sends.splice(pick(sends.length), 1);
      if (next === undefined) throw new Error("nothing is under way");
      this.does(meanwhile.shift());
      const answer = this.#agent.handle(next.bytes, here, 0);
      if (answer === null) throw new Error("no answer");
      turn = query.receive(answer, there, 0);
      sends.push(...turn.sends);
    }
    if (!turn.outcome.ok) throw new Error(turn.outcome.reason);
    const completed = records.completed(turn.outcome.audit);
    if (completed !== null) records.learn(completed, { askedAtWallMs: 0, heardAtWallMs: 0 });
  }
}

const doings = fc.array(aDoing, { maxLength: 250 });

test.prop([fc.array(doings, { maxLength: 4 }), fc.array(aDoing, { maxLength: 30 }), fc.infiniteStream(fc.nat())], {
  numRuns: 60,
})("whatever happened between two audits and between two answers", (rounds, meanwhile, dice) => {
  const told = new Told();
  const records = new ConnectionRecords([]);
  const between = [...meanwhile];
  const pick = (waiting: number) => (waiting === 0 ? 0 : (dice.next().value ?? 0) % waiting);
  for (const round of rounds) {
    for (const doing of round) told.does(doing);
    told.learn(records, between, pick);
  }
  told.learn(records, [], pick);
  const record = records.connections(gateway).map(({ connectionId, callId }) => [connectionId, callId]);
  expect(record.sort()).toEqual([...told.model].sort());
  expect(records.of(gateway)?.counter).toBe(told.table.counter);
});

test.prop([doings, fc.array(aDoing, { maxLength: 40 }), fc.infiniteStream(fc.nat())], { numRuns: 60 })(
  "a first audit is the table at the counter it names, though it changes with every answer",
  (before, meanwhile, dice) => {
    const told = new Told();
    for (const doing of before) told.does(doing);
    const states = new Map([[told.table.counter, [...told.model].sort()]]);
    const watched = meanwhile.map((doing) => doing);
    const records = new ConnectionRecords([]);
    const does = told.does.bind(told);
    told.does = (doing) => {
      does(doing);
      states.set(told.table.counter, [...told.model].sort());
    };
    told.learn(records, watched, (waiting) => (waiting === 0 ? 0 : (dice.next().value ?? 0) % waiting));
    const record = records.connections(gateway).map(({ connectionId, callId }) => [connectionId, callId]);
    expect(record.sort()).toEqual(states.get(records.of(gateway)?.counter ?? -1));
  },
);
