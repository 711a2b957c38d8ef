import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GatewaySnapshot } from "../../../../firmware/protocol/active-connection.js";
import {
  readAuditRequest,
  readEpoch,
  readOrigin,
  readTag,
  wholeAudit,
  writeEpoch,
  writeOrigin,
  writeTag,
} from "../../../../firmware/protocol/mgcp/recovery-package.js";
import { readAuditPage, writeAuditPage } from "../../../../firmware/protocol/mgcp/recovery-page.js";
import { AuditPages } from "../../../../firmware/protocol/mgcp/recovery-pages.js";
import { formatTag, parseTag } from "../../../../firmware/protocol/mgcp/recovery-tag.js";
import { someConnections } from "../../../support/arbitraries.js";
import { snapshotSource } from "../../../support/snapshot-source.js";

describe("the lines of docs/recovery-package.md", () => {
  test("epoch, origin and tag are readable", () => {
    expect(writeEpoch({ number: 7, server: "ca-primary" })).toEqual({ name: "x-ho/E", value: "7 ca-primary" });
    expect(writeOrigin({ device: "101", address: "192.0.2.7" }).value).toBe("device=101;address=192.0.2.7");
    expect(
      writeTag(
        formatTag([
          ["v", "1"],
          ["from", "101"],
          ["to", "201"],
        ]),
      ).value,
    ).toBe("v=1;from=101;to=201");
  });

  test("an audit request", () => {
    const value = "since=5F0C:112;after=R.0A3F;ack=5F0C:17;max=16000;later=1";
    expect(readAuditRequest({ extensions: [{ name: "X-HO/a", value }] })).toEqual({
      ok: true,
      value: {
        since: { bootId: "5F0C", counter: 112 },
        after: "R.0A3F",
        ack: { bootId: "5F0C", ranges: [{ first: 1, last: 17 }] },
        bytesMax: 16_000,
        parts: null,
      },
    });
  });

  test("a page of a gateway that another vendor wrote", () => {
    const page = readAuditPage("gw1.example", {
      extensions: [
        { name: "X-HO/B", value: "boot=5F0C;k=131;up=61000;epoch=7,ca-primary;heard=192.0.2.1,250 192.0.2.2,3000" },
        {
          name: "x-ho/R",
          value: "ID=0A3F58;ep=aaln/1;dev=101;addr=192.0.2.7;dur=60000;tx=PCMA/8000/8/20;new=1;tag=a;b",
        },
        { name: "x-ho/V", value: "q=12;ep=aaln/1;kind=answer;age=61000;call=A3C4" },
        { name: "x-ho/D", value: "q=14;ended=250;why=gateway;id=0A3F59;st=ended" },
        { name: "x-ho/Z", value: "of a later version" },
        { name: "x-ho/N", value: "J.14" },
      ],
    });
    expect(page).toMatchObject({
      ok: true,
      value: {
        gateway: "gw1.example",
        bootId: "5F0C",
        counter: 131,
        upMs: 61_000,
        epoch: { number: 7, server: "ca-primary" },
        heard: [{ address: "192.0.2.1", ageMs: 250 }, { ageMs: 3_000 }],
        connections: [
          {
            connectionId: "0A3F58",
            mode: "sendrecv",
            state: "up",
            origin: { device: "101", address: "192.0.2.7", from: "line" },
            sendCoding: { encoding: "PCMA", clockRateHz: 8_000, payloadType: 8, ptimeMs: 20 },
            receiveCoding: null,
            qos: { dscp: 46, reservation: "none" },
            tag: "a;b",
          },
        ],
        lineEvents: [{ sequence: 12, kind: "answer", ageMs: 61_000, callId: "A3C4" }],
        ended: [{ sequence: 14, endedAgeMs: 250, reason: "gateway", connection: { state: "ended" } }],
        next: ["J.14"],
      },
    });
  });
});

describe("what is refused", () => {
  test.each(["", "7", "ca 7", "-1 ca", "7 c a", `7 ${"c".repeat(65)}`, "999999999999999 ca"])("epoch %j", (value) => {
    expect(readEpoch({ extensions: [{ name: "x-ho/E", value }] }).ok).toBe(false);
  });

  test.each([
    "since=5F0C",
    "since=:1",
    "ack=5F0C:x",
    "acks=5F0C:7-3",
    "acks=5F0C:1,2",
    "ack=5F0C:1;acks=5F0D:3",
    "max=70000",
    "after=%4",
    "hello",
    "max=1;max=2",
  ])("audit %j", (value) => {
    expect(readAuditRequest({ extensions: [{ name: "x-ho/A", value }] }).ok).toBe(false);
  });

  test("a tag above 512 characters, or one that hides control characters", () => {
    expect(readTag({ extensions: [{ name: "x-ho/T", value: "t".repeat(513) }] }).ok).toBe(false);
    expect(readTag({ extensions: [{ name: "x-ho/T", value: "%0D%0A" }] }).ok).toBe(false);
  });

  test("an origin whose address is a name", () => {
    expect(readOrigin({ extensions: [{ name: "x-ho/O", value: "device=101;address=phone.example" }] }).ok).toBe(false);
  });

  test("the same parameter twice", () => {
    const epoch = writeEpoch({ number: 7, server: "ca" });
    expect(readEpoch({ extensions: [epoch, epoch] }).ok).toBe(false);
  });
});

test("what is not there is null, not refused", () => {
  expect(readEpoch({})).toEqual({ ok: true, value: null });
  expect(readTag({ extensions: [] })).toEqual({ ok: true, value: null });
});

test("a cursor that is not of this package gives no page", () => {
  const nothing = {
    bootId: "1",
    counter: 1,
    upMs: 1,
    epoch: null,
    heard: [],
    connections: [],
    lineEvents: [],
    ended: [],
  };
  const snapshot: GatewaySnapshot = { gateway: "gw", ...nothing };
  for (const after of ["", "Q.1", "J.", "J.-1", "M.xyz", "R.0A", "C.1", "G.1", "J.1.2", "M.1.2.3"]) {
    expect(writeAuditPage(snapshotSource(snapshot), { ...wholeAudit, after }, "*", 4_000)).toBeNull();
  }
});

test("a tag of another making is read as far as it goes", () => {
  expect(parseTag("v=1;nonsense;=x;from=1%2;to=%41")).toEqual(
    new Map([
      ["v", "1"],
      ["from", "1%2"],
      ["to", "A"],
    ]),
  );
});

test("a connection that ended between two pages is told as ended only, one that has an old one's id stays", () => {
  const nothing = { gateway: "gw", bootId: "1", counter: 1, epoch: null, heard: [], lineEvents: [] };
  const [ending, staying] =
    fc.sample(someConnections("gw", 4), { numRuns: 50, seed: 1 }).find((rows) => rows.length >= 2) ?? [];
  if (ending === undefined || staying === undefined) throw new Error("no sample");
  const pages = new AuditPages();
  pages.add({ ...nothing, upMs: 1_000, connections: [ending, staying], ended: [], next: ["J.1"] });
  const ended = [
    { sequence: 2, connection: staying, endedAgeMs: 500, reason: "deleted" as const },
    { sequence: 3, connection: ending, endedAgeMs: 10, reason: "deleted" as const },
  ];
  pages.add({ ...nothing, upMs: 1_020, connections: [], ended, next: [] });
  expect(pages.snapshot()?.connections).toEqual([staying]);
  expect(pages.snapshot()?.ended).toEqual(ended);
});
