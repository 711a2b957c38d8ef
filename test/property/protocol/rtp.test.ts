import { fc, test } from "@fast-check/vitest";
import { RtpPacket as NodeRtpPacket } from "node-rtp/lib/RtpPacket.js";
import { isRtp, RtpPacket as RtpJsPacket } from "rtp.js/packets";
import { expect } from "vitest";
import { parseRtp, type RtpPacket, writeRtp } from "#protocol/rtp.js";

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const packet: fc.Arbitrary<RtpPacket> = fc.record({
  marker: fc.boolean(),
  payloadType: fc.nat(127),
  sequenceNumber: fc.nat(0xffff),
  timestamp: word,
  ssrc: word,
  csrcs: fc.array(word, { maxLength: 15 }),
  extension: fc.option(
    fc.record({
      profile: fc.nat(0xffff),
      data: fc.nat(8).chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words })),
    }),
  ),
  payload: fc.uint8Array({ maxLength: 200 }),
  paddingBytes: fc.nat(20),
});
const plainPacket = packet.map((one) => ({ ...one, csrcs: [], extension: null, paddingBytes: 0 }));

test.prop([packet])("what is written parses to the same, and writes to the same bytes again", (value) => {
  const bytes = writeRtp(value);
  const parsed = parseRtp(bytes);
  expect(parsed).toEqual({ ok: true, value });
  if (parsed.ok) expect(writeRtp(parsed.value)).toEqual(bytes);
});

test.prop([packet, fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 4 }), fc.nat(300)])(
  "a mutated or cut packet ends in a value whose parts fill its bytes, or in a reason",
  (value, mutations, length) => {
    const bytes = writeRtp(value);
    for (const [at, byte] of mutations) if (at < bytes.length) bytes[at] = byte;
    const parsed = parseRtp(bytes.slice(0, length));
    if (!parsed.ok) return;
    const { csrcs, extension, payload, paddingBytes } = parsed.value;
    const extensionBytes = extension === null ? 0 : 4 + extension.data.length;
    const sum = 12 + 4 * csrcs.length + extensionBytes + payload.length + paddingBytes;
    expect(sum).toBe(Math.min(bytes.length, length));
  },
);

test.prop([plainPacket])("node-rtp reads what we write", (value) => {
  const theirs = new NodeRtpPacket(Buffer.from(writeRtp(value)), true);
  expect({
    marker: theirs.marker,
    payloadType: theirs.type,
    sequenceNumber: theirs.seq,
    timestamp: theirs.time >>> 0,
    ssrc: theirs.source >>> 0,
    payload: Uint8Array.from(theirs.payload),
  }).toEqual({
    marker: value.marker,
    payloadType: value.payloadType,
    sequenceNumber: value.sequenceNumber,
    timestamp: value.timestamp,
    ssrc: value.ssrc,
    payload: value.payload,
  });
});

test.prop([plainPacket])("we read what node-rtp writes", (value) => {
  const theirs = new NodeRtpPacket(Buffer.from(value.payload));
  theirs.marker = value.marker;
  theirs.type = value.payloadType;
  theirs.seq = value.sequenceNumber;
  theirs.time = value.timestamp;
  theirs.source = value.ssrc;
  expect(parseRtp(Uint8Array.from(theirs.packet))).toEqual({ ok: true, value });
});

test.prop([packet])("rtp.js reads what we write", (value) => {
  const bytes = writeRtp(value);
  const view = new DataView(bytes.buffer);
  expect(isRtp(view)).toBe(true);
  const theirs = new RtpJsPacket(view);
  expect(theirs.getSequenceNumber()).toBe(value.sequenceNumber);
  expect(theirs.getTimestamp()).toBe(value.timestamp);
  expect(theirs.getSsrc()).toBe(value.ssrc);
  expect(theirs.getCsrcs()).toEqual(value.csrcs);
  expect(theirs.getPadding()).toBe(value.paddingBytes);
  const payload = theirs.getPayload();
  expect(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)).toEqual(value.payload);
});
