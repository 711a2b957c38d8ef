import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import {
  type MediaDescription,
  parseMediaDescription,
  sdpDirections,
  writeMediaDescription,
} from "../../../firmware/protocol/sdp.js";
import { aCoding, anIpAddress } from "../../support/arbitraries.js";

const aSessionNumber = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map(String);

const aDescription: fc.Arbitrary<MediaDescription> = fc
  .record({
    sessionId: aSessionNumber,
    sessionVersion: aSessionNumber,
    media: fc.record({ address: anIpAddress, port: fc.nat({ max: 65_535 }) }),
    codings: fc.uniqueArray(aCoding, { selector: (coding) => coding.payloadType, maxLength: 5 }),
    telephoneEventPayloadType: fc.constantFrom(null, 101, 98),
    texts: fc.array(fc.option(fc.stringMatching(/^[!-~](?:[ -~]{0,40}[!-~])?$/)), { minLength: 5, maxLength: 5 }),
    direction: fc.constantFrom(...sdpDirections),
  })
  .map(({ texts, ...description }) => {
    const ptimeMs = description.codings[0]?.ptimeMs ?? 20;
    const codings = description.codings.map((coding) => ({ ...coding, ptimeMs }));
    const formatParameters = codings.flatMap(({ payloadType }, index) => {
      const text = texts[index] ?? null;
      // Events have parameters of their own.
      return text === null || payloadType === description.telephoneEventPayloadType ? [] : [{ payloadType, text }];
    });
    return { ...description, codings, formatParameters };
  });

test.prop([aDescription], { numRuns: 300 })("a description written and parsed is the same", (description) => {
  expect(parseMediaDescription(writeMediaDescription(description))).toEqual({ ok: true, value: description });
});

test.prop([aDescription], { numRuns: 100 })(
  "a description of ours parsed and written is the same text",
  (description) => {
    const text = writeMediaDescription(description);
    const again = parseMediaDescription(text);
    expect(again.ok && writeMediaDescription(again.value)).toBe(text);
  },
);

test.prop([fc.string({ unit: "binary", maxLength: 500 })], { numRuns: 200 })(
  "any text ends in a value or a reason",
  (text) => {
    expect(typeof parseMediaDescription(text).ok).toBe("boolean");
    expect(typeof parseMediaDescription(`v=0\n${text}`).ok).toBe("boolean");
  },
);

test.prop([aDescription, fc.nat(), fc.constantFrom(..."\n0:/= x-", "99999", "m=audio ")], { numRuns: 500 })(
  "a mutated description ends in a value or a reason, and a value is written and parsed again",
  (description, at, inserted) => {
    const text = writeMediaDescription(description);
    const index = at % text.length;
    const result = parseMediaDescription(text.slice(0, index) + inserted + text.slice(index + 1));
    if (!result.ok) return;
    expect(parseMediaDescription(writeMediaDescription(result.value))).toEqual(result);
  },
);
