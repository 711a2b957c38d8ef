import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { parseSip } from "../../../firmware/protocol/sip/parse.js";
import { formatUri, parseUri } from "../../../firmware/protocol/sip/uri.js";
import { writeSip } from "../../../firmware/protocol/sip/write.js";
import { messageArbitrary, uriArbitrary } from "../../support/sip-arbitraries.js";

test.prop([uriArbitrary])("a URI written and read is the same URI", (uri) => {
  expect(parseUri(formatUri(uri))).toEqual({ ok: true, value: uri });
});

test.prop([messageArbitrary])("a message written and read is the same message", (message) => {
  const bytes = writeSip(message);
  expect(parseSip(bytes)).toEqual({ ok: true, value: message });
});

test.prop([messageArbitrary])("canonical bytes read and written are the same bytes", (message) => {
  const bytes = writeSip(message);
  const read = parseSip(bytes);
  expect(read.ok && writeSip(read.value)).toEqual(bytes);
});

test.prop([fc.uint8Array({ maxLength: 400 })])("any bytes end in a message or a reason", (bytes) => {
  const result = parseSip(bytes);
  expect(result.ok || result.reason.length > 0).toBe(true);
});

/** One edit: at a place, so many bytes taken out and these put in. */
const edit = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }));

test.prop([messageArbitrary, fc.array(edit, { minLength: 1, maxLength: 4 })], { numRuns: 300 })(
  "a mutated message ends in a message that can be written and read again, or in a reason",
  (message, edits) => {
    let bytes = [...writeSip(message)];
    for (const [place, taken, put] of edits) {
      const at = place % (bytes.length + 1);
      bytes = [...bytes.slice(0, at), ...put, ...bytes.slice(at + taken)];
    }
    const result = parseSip(Uint8Array.from(bytes));
    if (result.ok) expect(parseSip(writeSip(result.value))).toEqual(result);
    else {
      expect(result.reason.length).toBeGreaterThan(0);
      if (result.refusal !== null) expect(parseSip(writeSip(result.refusal)).ok).toBe(true);
    }
  },
);

test("blanks around a reason phrase are no part of it", () => {
  const bytes = new TextEncoder().encode(
    "SIP/2.0 486  Busy here \r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\n" +
      "To: <sip:b@192.0.2.2>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n",
  );
  const result = parseSip(bytes);
  expect(result.ok && result.value.kind === "response" && result.value.reason).toBe("Busy here");
});
