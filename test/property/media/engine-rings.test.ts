import { fc, test } from "@fast-check/vitest";
import { beforeAll, expect } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import type { EngineMemory } from "../../../firmware/media/engine-memory.js";
import type { EngineCommand } from "../../../firmware/media/engine-record.js";
import { CommandRing, EventRing } from "../../../firmware/media/engine-rings.js";
import type { LegSettings, MediaEvent } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";

let memory: EngineMemory;
beforeAll(async () => {
  memory = (await newDsp()).memory;
});

const text = (maxLength: number) => fc.string({ unit: "grapheme-ascii", maxLength });
const address = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const coding: fc.Arbitrary<Coding> = fc.record({
  encoding: fc.constantFrom("PCMU", "PCMA", "telephone-event"),
  clockRateHz: fc.constantFrom(8000, 48_000),
  payloadType: fc.nat(127),
  ptimeMs: fc.integer({ min: 1, max: 200 }),
});
const settings: fc.Arbitrary<LegSettings> = fc.record({
  sendCoding: fc.option(coding),
  receiveCoding: fc.option(coding),
  remote: fc.option(fc.oneof(address, fc.record({ leg: fc.nat(2047) }))),
  sends: fc.boolean(),
  receives: fc.boolean(),
  detectsDigits: fc.boolean(),
  learnsPort: fc.boolean(),
  relay: fc.option(
    fc.record({
      target: fc.nat(2047),
      payloadTypes: fc.array(fc.record({ from: fc.nat(127), to: fc.nat(127) }), { maxLength: 16 }),
    }),
  ),
  source: fc.option(fc.nat(2047)),
});
const use = { leg: fc.nat(2047), generation: fc.integer({ min: 1, max: 0xffff_ffff }) };
const command: fc.Arbitrary<EngineCommand> = fc.oneof(
  fc.record({
    kind: fc.constant("open" as const),
    ...use,
    local: fc.option(address),
    dscp: fc.nat(63),
    cname: text(64),
    isAwaited: fc.boolean(),
    settings,
  }),
  fc.record({ kind: fc.constant("modify" as const), ...use, token: fc.option(fc.nat(2 ** 31)), settings }),
  fc.record({ kind: fc.constant("mark" as const), ...use, dscp: fc.nat(63) }),
  fc.record({ kind: fc.constant("close" as const), ...use, keepsPorts: fc.boolean() }),
  fc.constant({ kind: "shut-down" as const }),
);
const event: fc.Arbitrary<MediaEvent> = fc.oneof(
  fc.record({ kind: fc.constant("opened" as const), ...use, dscp: fc.nat(63) }),
  fc.record({ kind: fc.constant("marked" as const), ...use, dscp: fc.nat(63) }),
  fc.record({ kind: fc.constant("open-failed" as const), ...use, reason: text(160) }),
);

test.prop([fc.array(command, { maxLength: 20 })])(
  "commands come out of their ring as they went in, in order",
  (commands) => {
    const ring = new CommandRing(memory);
    for (const one of commands) expect(ring.put(one)).toBe(true);
    expect(commands.map(() => ring.take())).toEqual(commands);
    expect(ring.take()).toBeNull();
  },
);

test.prop([fc.array(event, { maxLength: 20 })])("events come out of their ring as they went in, in order", (events) => {
  const ring = new EventRing(memory);
  for (const one of events) expect(ring.put(one)).toBe(true);
  expect(events.map(() => ring.take())).toEqual(events);
});

test.prop([fc.array(fc.boolean(), { minLength: 50, maxLength: 100 })], { numRuns: 5 })(
  "a full ring refuses and loses nothing of what it took",
  (steps) => {
    const ring = new CommandRing(memory);
    const model: number[] = [];
    let number = 1;
    for (const isFilling of steps) {
      for (let count = 0; count < 500; count += 1) {
        if (!isFilling) {
          const taken = ring.take();
          expect(taken !== null && taken.kind === "close" ? taken.generation : undefined).toBe(model.shift());
        } else if (ring.put({ kind: "close", leg: 1, generation: number, keepsPorts: false })) {
          model.push(number);
          number += 1;
        } else expect(model.length).toBe(memory.map.commandsMax);
      }
    }
    while (ring.take() !== null) model.shift();
    expect(model).toEqual([]);
  },
);
