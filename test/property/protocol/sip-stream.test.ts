import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { SipStreamFramer } from "../../../firmware/protocol/sip/stream-framer.js";
import { writeSip } from "../../../firmware/protocol/sip/write.js";
import { aRequest } from "../../support/sip-wire.js";

const aMessage = fc.uint8Array({ maxLength: 300 }).map((body) => {
  return writeSip({ ...aRequest("NOTIFY"), body, headers: { ...aRequest("NOTIFY").headers, via: [] } });
});
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 40 });

/** The octets in pieces of these lengths, the rest as the last. */
function pieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...cut, bytes.subarray(at)];
}

test.prop([fc.array(aMessage, { maxLength: 6 }), cuts], { numRuns: 300 })(
  "whatever pieces a stream comes in, the messages are the same",
  (messages, lengths) => {
    const framer = new SipStreamFramer(10_000);
    const stream = Buffer.concat(messages);
    const found = pieces(stream, lengths).flatMap((piece) => [...framer.push(piece).messages]);
    expect(found.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
      messages.map((bytes) => Buffer.from(bytes).toString("hex")),
    );
    expect(framer.isWithin).toBe(false);
  },
);

test.prop([fc.uint8Array({ maxLength: 40_000 }), cuts], { numRuns: 100 })(
  "any octets end in messages, in waiting or in a fault, and no more is held than a message may have",
  (bytes, lengths) => {
    const framer = new SipStreamFramer(5_000);
    for (const piece of pieces(bytes, lengths)) {
      const { messages, fault } = framer.push(piece);
      for (const message of messages) expect(message.length).toBeLessThanOrEqual(5_000);
      if (fault !== null) expect(framer.push(piece).messages).toEqual([]);
    }
  },
);
