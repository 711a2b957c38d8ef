import { describe, expect, test } from "vitest";
import {
  readBulkAuditAnswer,
  readBulkAuditRequest,
  writeBulkAuditAnswer,
  writeBulkAuditRequest,
} from "../../../../firmware/protocol/mgcp/bulk-audit-package.js";

const noAnswer = { names: [], instantiated: [], endpoints: [], counts: null, modes: null, states: null, next: null };

function lines(text: string) {
  const extensions = text.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  return { extensions };
}

describe("requests of RFC 3624", () => {
  test.each([
    ["BA/F: BA/Z", { items: ["names"], stateTypes: [], start: null, endpointsMax: null }],
    [
      "BA/F: BA/C\nBA/SE: ds/ds3-1/ds1-6/4\nBA/NU: 12",
      { items: ["counts"], stateTypes: [], start: "ds/ds3-1/ds1-6/4", endpointsMax: 12 },
    ],
    ["BA/F: BA/S(D,N)", { items: ["states"], stateTypes: ["D", "N"], start: null, endpointsMax: null }],
    ["BA/F: BA/S(H,N),BA/C", { items: ["states", "counts"], stateTypes: ["H", "N"], start: null, endpointsMax: null }],
  ])("%j", (text, request) => {
    const read = readBulkAuditRequest(lines(text));
    expect(read).toEqual({ ok: true, value: request });
    if (!read.ok || read.value === null) throw new Error("not read");
    expect({ extensions: writeBulkAuditRequest(read.value) }).toEqual(lines(text));
  });

  test.each([
    ["an unknown item", "BA/F: BA/Q", 802],
    ["an item twice", "BA/F: BA/C,BA/C", 802],
    ["names and counts at once", "BA/F: BA/Z,BA/C", 802],
    ["nothing", "BA/F:", 802],
    ["states without types", "BA/F: BA/S", 802],
    ["an unknown state type", "BA/F: BA/S(I,Y)", 803],
    ["a start that is no name", "BA/F: BA/C\nBA/SE: a b", 801],
    ["no endpoints", "BA/F: BA/C\nBA/NU: 0", 805],
    ["too many endpoints", "BA/F: BA/C\nBA/NU: 65536", 805],
  ])("%s is refused", (_what, text, code) => {
    expect(readBulkAuditRequest(lines(text))).toMatchObject({ ok: false, code });
  });

  test("a command without BA/F asks for nothing in bulk", () => {
    expect(readBulkAuditRequest({})).toEqual({ ok: true, value: null });
  });
});

describe("answers of RFC 3624", () => {
  test("section 2.2.1: names as they stand", () => {
    expect(readBulkAuditAnswer(lines("ba/z: aaln/[1-10]\nba/z: ds/ds1-1/[1-24]"))).toEqual({
      ok: true,
      value: { ...noAnswer, names: ["aaln/[1-10]", "ds/ds1-1/[1-24]"] },
    });
  });

  const conference = Array.from({ length: 10 }, (_, index) => `cnf/${index < 3 ? index + 1 : index + 3}`);
  test.each([
    "ba/el: cnf/[1-3]\nba/c: 035\nba/el: cnf/[6-12]\nba/c: 3450333",
    "ba/el: cnf/[1-3], ba/el: cnf/[6-12]\nba/c: 035\nba/c: 3450333",
    "ba/el: cnf/[1-3], ba/el: cnf/[6-12]\nba/c: 0353450333",
  ])("section 2.1.2: the three ways to say the same", (text) => {
    const value = { ...noAnswer, endpoints: conference, counts: [0, 3, 5, 3, 4, 5, 0, 3, 3, 3] };
    expect(readBulkAuditAnswer(lines(text))).toEqual({ ok: true, value });
  });

  test("section 2.2.2: counts, and where to go on", () => {
    const text = "BA/EL: ds/ds3-1/ds1-6/[4-15]\nBA/C: 011000010001\nBA/NE: ds/ds3-1/ds1-6/16";
    const read = readBulkAuditAnswer(lines(text));
    expect(read).toMatchObject({ ok: true, value: { next: "ds/ds3-1/ds1-6/16" } });
    if (!read.ok) return;
    expect(read.value.endpoints).toHaveLength(12);
    expect({ extensions: writeBulkAuditAnswer(read.value) }).toEqual(lines(text));
  });

  test("section 2.2.3: the modes of an E1", () => {
    const text = "BA/EL: ds/e1-3/[1-30]\nBA/M: 0R2BRBBB2RRB000B00000B00000B0000B0";
    const read = readBulkAuditAnswer(lines(text));
    if (!read.ok) throw new Error(read.reason);
    expect(read.value.modes?.slice(0, 8)).toEqual([
      [],
      ["recvonly"],
      ["sendrecv", "recvonly"],
      ["sendrecv"],
      ["sendrecv"],
      ["sendrecv"],
      ["recvonly", "recvonly"],
      ["sendrecv"],
    ]);
    expect({ extensions: writeBulkAuditAnswer(read.value) }).toEqual(lines(text));
  });

  test("section 2.2.4: states", () => {
    const read = readBulkAuditAnswer(lines("BA/EL: ds/ds3-1/ds1-6/[4-15]\nBA/S: FFFTFFFFFFFO"));
    if (!read.ok) throw new Error(read.reason);
    expect(read.value.states?.filter((state) => state !== "false")).toEqual(["true", "out of service"]);
  });

  test.each([
    ["more letters than endpoints", "BA/EL: aaln/[1-2]\nBA/C: 000"],
    ["an unknown letter", "BA/EL: aaln/1\nBA/S: X"],
    ["fewer modes than their number", "BA/EL: aaln/1\nBA/M: 3BR"],
    ["a range that is none", "BA/EL: aaln/[1-x]"],
  ])("%s are refused", (_what, text) => {
    expect(readBulkAuditAnswer(lines(text)).ok).toBe(false);
  });

  test("more connections than can be listed are Z", () => {
    const endpoints = ["cnf/1", "cnf/2"];
    const modes = [Array.from({ length: 16 }, () => "confrnce" as const), null];
    const [, counts, written] = writeBulkAuditAnswer({ ...noAnswer, endpoints, counts: [16, "more"], modes });
    expect([counts?.value, written?.value]).toEqual(["ZZ", "ZZ"]);
  });
});
