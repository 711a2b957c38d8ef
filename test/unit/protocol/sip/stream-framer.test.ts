import { describe, expect, test } from "vitest";
import { SipStreamFramer } from "../../../../firmware/protocol/sip/stream-framer.js";

const encoder = new TextEncoder();
const options = "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
const notify = "NOTIFY sip:a@192.0.2.1 SIP/2.0\r\nl:5\r\n\r\nhello";

function framed(framer: SipStreamFramer, text: string) {
  const { messages, ...rest } = framer.push(encoder.encode(text));
  return { messages: messages.map((bytes) => new TextDecoder().decode(bytes)), ...rest };
}

describe("a stream of SIP messages", () => {
  test("several messages in one piece are several messages", () => {
    expect(framed(new SipStreamFramer(1000), options + notify + options)).toEqual({
      messages: [options, notify, options],
      pings: 0,
      fault: null,
    });
  });

  test("a message in many pieces is one message, whole when its last octet has come", () => {
    const framer = new SipStreamFramer(1000);
    const pieces = [...notify].map((character) => framed(framer, character).messages);
    expect(pieces.at(-1)).toEqual([notify]);
    expect(pieces.slice(0, -1).flat()).toEqual([]);
    expect(framer.isWithin).toBe(false);
  });

  test("keep-alives between messages are counted, and a single CRLF is passed over", () => {
    expect(framed(new SipStreamFramer(1000), `\r\n\r\n${options}\r\n${options}\r\n\r\n\r\n\r\n`)).toEqual({
      messages: [options, options],
      pings: 3,
      fault: null,
    });
  });

  test.each([
    ["no Content-Length", "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n", "without Content-Length"],
    ["two of them", "OPTIONS sip:a@b SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n", "two Content-Lengths"],
    ["one beyond the limit", "OPTIONS sip:a@b SIP/2.0\r\nl: 999\r\n\r\n", "more than 1000"],
    ["a head that does not end", "x".repeat(20_000), "no empty line"],
  ])("%s ends it, and nothing is read after that", (_what, text, reason) => {
    const framer = new SipStreamFramer(1000);
    expect(framed(framer, text).fault).toContain(reason);
    expect(framed(framer, options)).toMatchObject({ messages: [], fault: expect.stringContaining(reason) });
  });
});
