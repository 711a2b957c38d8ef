import { describe, expect, test } from "vitest";
import { parseCapability, writeCapability } from "../../../../firmware/protocol/mgcp/capabilities.js";
import { parseLocalOptions, writeLocalOptions } from "../../../../firmware/protocol/mgcp/local-connection-options.js";

describe("the examples of RFC 3435 section 3.2.2.10 and RFC 3660 section 2.9", () => {
  test.each([
    ["p:10, a:PCMU", { ptimeMs: 10, encodings: ["PCMU"] }],
    ["p:10, a:G726-32", { ptimeMs: 10, encodings: ["G726-32"] }],
    ["p:10-20, b:64", { ptimeMs: 20, ptimeRangeMs: { first: 10, last: 20 }, bandwidthKbps: { first: 64, last: 64 } }],
    ["b:32-64, e:off", { bandwidthKbps: { first: 32, last: 64 }, echoCancellation: false }],
    [
      'a:CODEC1;CODEC2, fmtp:"codec1 formatX", fmtp:"codec2 formatY"',
      {
        encodings: ["CODEC1", "CODEC2"],
        others: [
          { name: "fmtp", value: '"codec1 formatX"' },
          { name: "fmtp", value: '"codec2 formatY"' },
        ],
      },
    ],
    [
      'a:PCMU;TELEPHONE-EVENT, o-fmtp:"telephone-event 16,70,71"',
      {
        encodings: ["PCMU", "TELEPHONE-EVENT"],
        others: [{ name: "o-fmtp", value: '"telephone-event 16,70,71"' }],
      },
    ],
  ])("%s", (text, value) => {
    expect(parseLocalOptions(text)).toEqual({ ok: true, value });
    expect(writeLocalOptions(value)).toBe(text);
  });
});

test("everything the grammar names has a place", () => {
  const text = "p:20, a:PCMU, b:64, t:b8, e:on, gc:-3, s:off, r:cl, k:clear:secret, nt:IN, x-foo, pkg/o:1";
  const value = {
    ptimeMs: 20,
    encodings: ["PCMU"],
    bandwidthKbps: { first: 64, last: 64 },
    typeOfService: 0xb8,
    echoCancellation: true,
    gainControl: -3,
    silenceSuppression: false,
    reservation: "cl" as const,
    encryptionKey: { method: "clear" as const, key: "secret" },
    networks: ["IN"],
    others: [
      { name: "x-foo", value: "" },
      { name: "pkg/o", value: "1" },
    ],
  };
  expect(parseLocalOptions(text)).toEqual({ ok: true, value });
  expect(writeLocalOptions(value)).toBe(text);
});

test("case and white space do not matter", () => {
  expect(parseLocalOptions(" P : 30-60 ,A:pcmu;Pcma, GC:AUTO")).toEqual({
    ok: true,
    value: {
      ptimeMs: 30,
      ptimeRangeMs: { first: 30, last: 60 },
      encodings: ["PCMU", "PCMA"],
      gainControl: "auto",
    },
  });
});

describe("options that cannot be taken", () => {
  test.each([
    ["p:abc", 532],
    ["p:20-10", 532],
    ["a:", 532],
    ["e:maybe", 532],
    ["gc:loud", 532],
    ["k:secret", 532],
    ["r:best", 532],
    ["p:10,,a:PCMU", 541],
    ["p:10, p:20", 524],
    ["x+secret:1", 525],
  ])("%s is refused with %i", (text, code) => {
    expect(parseLocalOptions(text)).toMatchObject({ ok: false, code });
  });
});

describe("capabilities", () => {
  test("the example of RFC 3435 section 3.2.2.3", () => {
    const text = "a:PCMU;G728, p:10-100, e:on, s:off, t:1, v:L, m:sendonly;recvonly;sendrecv;inactive";
    const read = parseCapability(text);
    expect(read).toEqual({
      ok: true,
      value: {
        options: {
          ptimeMs: 20,
          ptimeRangeMs: { first: 10, last: 100 },
          encodings: ["PCMU", "G728"],
          typeOfService: 1,
          echoCancellation: true,
          silenceSuppression: false,
        },
        packages: ["L"],
        modes: ["sendonly", "recvonly", "sendrecv", "inactive"],
      },
    });
    expect(read.ok && writeCapability(read.value)).toBe(
      "p:10-100, a:PCMU;G728, t:1, e:on, s:off, v:L, m:sendonly;recvonly;sendrecv;inactive",
    );
  });
});
