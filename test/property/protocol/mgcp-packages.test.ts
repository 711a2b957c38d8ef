import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import {
  type BulkAuditAnswer,
  type BulkItem,
  type EndpointModes,
  readBulkAuditAnswer,
  readBulkAuditRequest,
  stateTypes,
  writeBulkAuditAnswer,
  writeBulkAuditRequest,
} from "../../../firmware/protocol/mgcp/bulk-audit-package.js";
import {
  type EventParameter,
  parseEventParameter,
  writeEventParameter,
} from "../../../firmware/protocol/mgcp/event-parameters.js";
import { compressNames, expandRangedNames, parseRangedNames } from "../../../firmware/protocol/mgcp/ranged-names.js";
import { readRedirection, writeRedirection } from "../../../firmware/protocol/mgcp/redirect-package.js";

const aName = fc
  .tuple(fc.constantFrom("aaln/", "ds/ds1-1/", "relay/a", "cnf/0", "mg"), fc.option(fc.nat({ max: 40 }), { nil: null }))
  .map(([head, number]) => head + (number ?? ""));
const someNames = fc.array(aName, { maxLength: 60 });

test.prop([someNames], { numRuns: 300 })("names put into ranges and out of them are the same names", (names) => {
  const compressed = compressNames(names);
  const read = parseRangedNames(compressed.join(", "));
  expect(read).toEqual({ ok: true, value: compressed });
  expect(expandRangedNames(compressed)).toEqual({ ok: true, value: names });
});

const aMode = fc.constantFrom("inactive", "sendonly", "recvonly", "sendrecv", "confrnce", "netwloop", "other");
const someModes = fc.oneof(fc.array(aMode, { maxLength: 10 }), fc.constant(null));

const anAnswer: fc.Arbitrary<BulkAuditAnswer> = fc.uniqueArray(aName, { maxLength: 40 }).chain((endpoints) => {
  const each = <T>(one: fc.Arbitrary<T>) =>
    fc.option(fc.array(one, { minLength: endpoints.length, maxLength: endpoints.length }), { nil: null });
  return fc.record({
    names: fc.constantFrom([], ["aaln/[1-10]", "cnf/*"]),
    instantiated: fc.constantFrom([], ["cnf/[1-3]"]),
    endpoints: fc.constant(endpoints),
    counts: each(fc.oneof(fc.nat({ max: 15 }), fc.constant("more" as const))),
    modes: each<EndpointModes>(someModes),
    states: each(fc.constantFrom("true", "false", "out of service")),
    next: fc.constantFrom(null, "aaln/41"),
  });
});

test.prop([anAnswer], { numRuns: 300 })("a bulk audit's answer written and read is the same answer", (answer) => {
  expect(readBulkAuditAnswer({ extensions: writeBulkAuditAnswer(answer) })).toEqual({ ok: true, value: answer });
});

const aRequest = fc
  .record({
    items: fc.oneof(
      fc.constantFrom<BulkItem[]>(["names"], ["names", "instantiated"]),
      fc.subarray<BulkItem>(["counts", "modes", "states"], { minLength: 1 }),
    ),
    types: fc.subarray([...stateTypes], { minLength: 1 }),
    start: fc.constantFrom(null, "ds/ds1-1/4"),
    endpointsMax: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null }),
  })
  .map(({ items, types, start, endpointsMax }) => ({
    items: (["names", "instantiated", "counts", "modes", "states"] as const).filter((item) => items.includes(item)),
    stateTypes: items.includes("states") ? types : [],
    start,
    endpointsMax,
  }));

test.prop([aRequest])("a bulk audit's request written and read is the same request", (request) => {
  expect(readBulkAuditRequest({ extensions: writeBulkAuditRequest(request) })).toEqual({ ok: true, value: request });
});

const aRedirection = fc.record({
  notifiedEntity: fc.constantFrom(null, "ca@ca1.example", ""),
  notifiedEntityList: fc.constantFrom(null, [], ["ca1@a.example", "[192.0.2.1]:2727"]),
  endpoints: fc.constantFrom(null, ["*"], ["aaln/1", "aaln/3"]),
  isReset: fc.boolean(),
});

test.prop([aRedirection])("a redirection written and read is the same redirection", (redirection) => {
  const extensions = writeRedirection(redirection);
  const expected = extensions.length === 0 ? null : redirection;
  expect(readRedirection({ extensions })).toEqual({ ok: true, value: expected });
});

const aWord = fc.constantFrom("to", "6000", "G/rt@1", "+", "[", "http://a.example/b?c");
const anEventParameter = fc.letrec<{ parameter: EventParameter }>((tie) => ({
  parameter: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant("value" as const), value: aWord }),
    fc.record({ kind: fc.constant("quoted" as const), value: fc.constantFrom("", "a, b", 'say "yes")', "Gérard") }),
    fc.record({ kind: fc.constant("named" as const), name: aWord, value: tie("parameter") }),
    fc.record({
      kind: fc.constant("group" as const),
      name: aWord,
      parameters: fc.array(tie("parameter"), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).parameter;

test.prop([anEventParameter], { numRuns: 300 })("an event parameter written and read is the same", (parameter) => {
  expect(parseEventParameter(writeEventParameter(parameter))).toEqual({ ok: true, value: parameter });
});

const aLine = fc.constantFrom("BA/F", "BA/EL", "BA/C", "BA/M", "BA/S", "BA/NU", "BA/SE", "RED/EL", "RED/MP", "RED/NL");
const aValue = fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^[BA/CMSZX(),[\]0-9TF*-]{0,30}$/));

test.prop([fc.array(fc.record({ name: aLine, value: aValue }), { maxLength: 6 })], { numRuns: 500 })(
  "any lines of the packages are taken or refused",
  (extensions) => {
    expect(typeof readBulkAuditRequest({ extensions }).ok).toBe("boolean");
    expect(typeof readBulkAuditAnswer({ extensions }).ok).toBe("boolean");
    expect(typeof readRedirection({ extensions }).ok).toBe("boolean");
  },
);
