import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { type CallDetailRecord, mergeRecords, recordKey } from "../../../host/cdr/call-detail-record.js";
import { parseRecordDatagram, recordDatagramKinds, writeRecordDatagram } from "../../../host/cdr/record-datagram.js";
import { RecordExchange } from "../../../host/cdr/record-exchange.js";
import { readStoredRecord, writeStoredRecord } from "../../../host/io/stored-values.js";
import { oneRecord } from "../../support/one-record.js";
import { seededRandom } from "../../support/seeded-random.js";
import { SimulatedStore } from "../../support/simulated-store.js";

const secret = "a secret that both know";
const names = ["ca1", "ca2"] as const;
type Name = (typeof names)[number];
const addresses = { ca1: { address: "192.0.2.1", port: 2728 }, ca2: { address: "192.0.2.2", port: 2728 } };
const otherOf = { ca1: "ca2", ca2: "ca1" } as const;

class Server {
  readonly name: Name;
  readonly disk = new SimulatedStore();
  exchange: RecordExchange;
  #starts = 0;

  constructor(name: Name) {
    this.name = name;
    this.exchange = this.start();
  }

  start(): RecordExchange {
    this.#starts += 1;
    const peer = { server: otherOf[this.name], heartbeat: addresses[otherOf[this.name]] };
    const random = seededRandom(this.#starts);
    this.exchange = new RecordExchange(
      { server: this.name, peer, secret, retryMs: 100 },
      { store: this.disk, readRecord: readStoredRecord, random },
    );
    return this.exchange;
  }
}

/** What a run does: a call is billed by one of them, a datagram arrives, is lost or repeated, the link is cut or healed. */
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), by: fc.constantFrom(...names), call: fc.nat(5), endMs: fc.nat(3) }),
  fc.record({ kind: fc.constant("deliver" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("repeat" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("lose" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("link" as const), isUp: fc.boolean() }),
  fc.record({ kind: fc.constant("restart" as const), who: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(300) }),
);

class World {
  readonly servers = { ca1: new Server("ca1"), ca2: new Server("ca2") };
  readonly written = new Map<string, CallDetailRecord>();
  readonly flights: { readonly to: Name; readonly bytes: Uint8Array }[] = [];
  isUp = true;
  nowMs = 0;

  write(by: Name, call: number, endMs: number): void {
    const end = { wallMs: 1_700_000_000_000 + endMs, errorMs: endMs, from: "witnessed" as const };
    const record = { ...oneRecord, callId: `C${call}`, end, writtenBy: [by] };
    const known = this.written.get(recordKey(record));
    this.written.set(recordKey(record), known === undefined ? record : mergeRecords(known, record));
    this.servers[by].disk.storeCdr(record);
    this.#fly(by, this.servers[by].exchange.written(record, this.nowMs));
  }

  deliver(which: number, takes: boolean): void {
    const place = which % Math.max(1, this.flights.length);
    const flight = this.flights[place];
    if (flight === undefined) return;
    if (takes) this.flights.splice(place, 1);
    const { disk, exchange } = this.servers[flight.to];
    const turn = exchange.receive(flight.bytes, addresses[otherOf[flight.to]], this.nowMs);
    if (!turn.ok) throw new Error(turn.reason);
    for (const record of turn.value.received) disk.storePeerCdr(record);
    for (const record of turn.value.shared) disk.markShared(record);
    this.#fly(flight.to, turn.value.sends);
  }

  wait(ms: number): void {
    this.nowMs += ms;
    for (const name of names) this.#fly(name, this.servers[name].exchange.tick(this.isUp, this.nowMs));
  }

  #fly(from: Name, sends: readonly { readonly bytes: Uint8Array }[]): void {
    if (this.isUp) for (const { bytes } of sends) this.flights.push({ to: otherOf[from], bytes });
  }
}

describe("records between two call servers", () => {
  test.prop([fc.array(anyStep, { maxLength: 60 })], { numRuns: 200 })(
    "whatever was lost, repeated, cut or restarted, both have one and the same record of each call once they are joined",
    (steps) => {
      const world = new World();
      for (const step of steps) {
        if (step.kind === "write") world.write(step.by, step.call, step.endMs);
        else if (step.kind === "deliver" || step.kind === "repeat") world.deliver(step.which, step.kind === "deliver");
        else if (step.kind === "lose") world.flights.splice(step.which % Math.max(1, world.flights.length), 1);
        else if (step.kind === "link") world.isUp = step.isUp;
        else if (step.kind === "restart") world.servers[step.who].start();
        else world.wait(step.ms);
      }
      world.isUp = true;
      for (let round = 0; round < 12; round += 1) {
        world.wait(500);
        while (world.flights.length > 0) world.deliver(0, true);
      }
      const expected = [...world.written.values()].map(writeStoredRecord).sort();
      for (const name of names) {
        const { disk, exchange } = world.servers[name];
        expect([...disk.cdrs.values()].map(writeStoredRecord).sort()).toEqual(expected);
        expect(disk.unshared(10)).toEqual([]);
        expect([exchange.next(), exchange.isAwaited("C0", world.nowMs)]).toEqual([null, false]);
      }
    },
  );

  test("one that the disk knows better than the server that wrote it again goes over as the disk has it", () => {
    const world = new World();
    world.isUp = false;
    world.write("ca1", 0, 1);
    world.servers.ca1.start();
    world.isUp = true;
    world.wait(0);
    world.flights.pop();
    world.write("ca1", 0, 2);
    while (world.flights.length > 0) world.deliver(0, true);
    world.wait(500);
    while (world.flights.length > 0) world.deliver(0, true);
    const { ca1, ca2 } = world.servers;
    expect(ca1.disk.unshared(10)).toEqual([]);
    expect([...ca2.disk.cdrs.values()]).toEqual([...world.written.values()]);
  });

  test.prop([fc.array(fc.nat(200), { maxLength: 200 })], { numRuns: 20 })(
    "many at once go over in portions, and each gateway is kept waiting until its call is there",
    (calls) => {
      const world = new World();
      world.wait(0);
      for (const call of calls) world.write("ca1", call, 1);
      expect(world.flights.length).toBeLessThanOrEqual(calls.length);
      const { exchange } = world.servers.ca1;
      for (const call of calls) expect(exchange.isAwaited(`C${call}`, world.nowMs)).toBe(true);
      while (world.flights.length > 0) world.deliver(0, true);
      for (const call of calls) expect(exchange.isAwaited(`C${call}`, world.nowMs)).toBe(false);
      expect(world.servers.ca2.disk.cdrs.size).toBe(new Set(calls).size);
    },
  );
});

const anyDatagram = fc.record({
  kind: fc.constantFrom(...recordDatagramKinds),
  server: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
  start: fc.maxSafeNat(),
  number: fc.maxSafeNat(),
  json: fc.json(),
});

describe("a record's datagram", () => {
  test.prop([anyDatagram])("is read as it was written", (datagram) => {
    expect(parseRecordDatagram(writeRecordDatagram(datagram, secret), secret)).toEqual({ ok: true, value: datagram });
  });

  test.prop([anyDatagram, fc.nat(), fc.integer({ min: 1, max: 255 })])(
    "with a byte changed is refused",
    (datagram, at, change) => {
      const bytes = writeRecordDatagram(datagram, secret);
      const place = at % bytes.length;
      const changed = Uint8Array.from(bytes, (byte, index) => (index === place ? byte ^ change : byte));
      expect(parseRecordDatagram(changed, secret).ok).toBe(false);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 200 })])("of any bytes ends in a value or a reason", (bytes) => {
    expect(parseRecordDatagram(bytes, secret).ok).toBe(false);
    expect(parseRecordDatagram(Buffer.concat([Buffer.from("HoCd"), bytes]), secret).ok).toBe(false);
  });
});
