import { describe, expect, test } from "vitest";
import {
  readTransportOctets,
  rtpSessionColumns,
  rtpSessionIndex,
  rtpSessionOf,
} from "../../../../firmware/protocol/mib/rtp-mib.js";
import { aCallOf } from "../../../support/example-snapshot.js";

const session = rtpSessionOf(aCallOf(1), 3_600_000);

test("a connection is a session of two transport addresses, begun as long ago as it lasts", () => {
  expect(session).toEqual({
    local: { address: "127.10.0.1", port: 20_002 },
    remote: { address: "127.10.0.2", port: 30_002 },
    startedUpMs: 3_539_000,
  });
});

test("addresses are six or eighteen octets, and are read back", () => {
  if (session === null) throw new Error("no session");
  for (const remote of [session.remote, { address: "2001:db8::7", port: 65_535 }]) {
    const value = rtpSessionColumns.find(({ name }) => name === "rtpSessionRemAddr")?.write({ ...session, remote });
    expect(value === undefined ? null : readTransportOctets(value)).toEqual({ ok: true, value: remote });
  }
  expect(readTransportOctets({ type: "octets", value: new Uint8Array(5) }).ok).toBe(false);
  expect(readTransportOctets({ type: "integer", value: 5 }).ok).toBe(false);
});

test("a connection without a far side is no session", () => {
  expect(rtpSessionOf({ ...aCallOf(1), remoteMedia: null }, 0)).toBeNull();
});

describe("the index", () => {
  test.each([
    ["0000000A", [10]],
    ["7FFFFFFF", [0x7fff_ffff]],
    ["80000000", null],
    ["0", null],
    ["123456789", null],
    ["1f", null],
  ])("of connection %s is %o", (id, index) => {
    expect(rtpSessionIndex(id)).toEqual(index);
  });
});
