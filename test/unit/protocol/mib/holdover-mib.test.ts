import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { connectionModes, connectionStates } from "../../../../firmware/protocol/active-connection.js";
import {
  changedColumns,
  changedEntryOid,
  counterIndex,
  counterOf,
  counterUpTo,
  goneConnId,
  goneEntryOid,
  readRecord,
} from "../../../../firmware/protocol/mib/change-log.js";
import { connectionColumns } from "../../../../firmware/protocol/mib/connection-columns.js";
import { connectionIdOf, connectionIndex, emptyRow } from "../../../../firmware/protocol/mib/connection-row.js";
import {
  connectionEntryOid,
  heardColumns,
  heardEntryOid,
  holdoverRoot,
  scalars,
  scalarsOid,
} from "../../../../firmware/protocol/mib/holdover-mib.js";
import { dateAndTime, ipLiteral, rtpMap, text } from "../../../../firmware/protocol/mib/textual-convention.js";
import { formatOid, type Oid } from "../../../../firmware/protocol/snmp/oid.js";

const document = readFileSync(new URL("../../../../docs/mib/HOLDOVER-MIB.txt", import.meta.url), "utf8");

/** Names to numbers, as the document's own assignments build them. */
function documentedOids(): Map<string, Oid> {
  const oids = new Map<string, Oid>([["enterprises", [1, 3, 6, 1, 4, 1]]]);
  const assignment =
    /^(\w+) +(?:MODULE-IDENTITY|OBJECT-TYPE|OBJECT IDENTIFIER)[^{}]*?(?:\{[^{}]*\}[^{}]*?)*?::= \{ (\w+) ([^}]*)\}/gm;
  for (const [, name = "", parent = "", rest = ""] of document.matchAll(assignment)) {
    const numbers = [...rest.matchAll(/(\d+)\)?(?:\s|$)/g)].map(([, digits]) => Number(digits));
    oids.set(name, [...(oids.get(parent) ?? []), ...numbers]);
  }
  return oids;
}

describe("docs/mib/HOLDOVER-MIB.txt and the code", () => {
  const documented = documentedOids();

  test("have the same root", () => {
    expect(documented.get("holdoverMIB")).toEqual(holdoverRoot);
  });

  test("have the same objects under the same numbers", () => {
    const coded = [
      ...scalars.map(({ name, number }) => [name, formatOid([...scalarsOid(holdoverRoot), number])]),
      ...connectionColumns.map(({ name, number }) => [name, formatOid([...connectionEntryOid(holdoverRoot), number])]),
      ...heardColumns.map(({ name, number }) => [name, formatOid([...heardEntryOid(holdoverRoot), number])]),
      ...changedColumns.map(({ name, number }) => [name, formatOid([...changedEntryOid(holdoverRoot), number])]),
      [goneConnId.name, formatOid([...goneEntryOid(holdoverRoot), goneConnId.number])],
    ];
    const readable = [...document.matchAll(/^(ho\w+) OBJECT-TYPE[\s\S]*?MAX-ACCESS +(\S+)/gm)]
      .filter(([, , access]) => access === "read-only")
      .map(([, name = ""]) => [name, formatOid(documented.get(name) ?? [0, 0])]);
    expect(readable).toEqual(coded);
  });

  test("name the values of enumerations alike", () => {
    for (const [name, values] of [
      ["hoConnMode", connectionModes],
      ["hoConnState", connectionStates],
      ["hoConnReservation", ["none", "guaranteed", "controlled-load"]],
      ["hoConnOriginFrom", ["line", "tag", "remote-description"]],
    ] as const) {
      const [, labels = ""] =
        new RegExp(`^${name} OBJECT-TYPE\\s+SYNTAX +INTEGER \\{([^}]*)\\}`, "m").exec(document) ?? [];
      const asLabels = values.map((value, index) => `${camelCase(value)}(${index + 1})`);
      expect(labels.trim().split(/,\s*/)).toEqual(asLabels);
    }
  });
});

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}

describe("the index of the connection table", () => {
  test("is the characters of the connection id", () => {
    expect(connectionIndex("0AF9")).toEqual([48, 65, 70, 57]);
    expect(connectionIdOf([48, 65, 70, 57])).toEqual({ ok: true, value: "0AF9" });
  });

  test("is nothing but one to 32 hex digits in upper case", () => {
    for (const id of ["", "0af9", "0".repeat(33), "0 1"]) expect(connectionIndex(id)).toBeNull();
    for (const index of [[], [97], [48 + 65_536], [48 + 128]]) expect(connectionIdOf(index).ok).toBe(false);
  });
});

describe("the index of the log of changes", () => {
  test.each([
    [1, [0, 1]],
    [2 ** 32 - 1, [0, 0xffff_ffff]],
    [2 ** 32, [1, 0]],
    [Number.MAX_SAFE_INTEGER, [0x1f_ffff, 0xffff_ffff]],
  ])("has counter %d as %j", (counter, index) => {
    expect(counterIndex(counter)).toEqual(index);
    expect(counterOf(index)).toBe(counter);
    expect(counterUpTo(index)).toBe(counter);
  });

  test("is two numbers of 53 bits together, and what is none stands before what comes next", () => {
    for (const index of [[], [1], [1, 2, 3], [0x20_0000, 0]]) expect(counterOf(index)).toBeNull();
    expect([[], [0], [1], [1, 7, 9], [0xffff_ffff]].map(counterUpTo)).toEqual([
      0,
      0,
      2 ** 32 - 1,
      2 ** 32 + 7,
      Number.MAX_SAFE_INTEGER,
    ]);
  });

  test("a record that is none is refused", () => {
    expect(readRecord("gw1", { type: "unsigned32", value: 1 }).ok).toBe(false);
    expect(readRecord("gw1", { type: "octets", value: new Uint8Array(9_000).fill(0x41) }).ok).toBe(false);
    expect(readRecord("gw1", text.write("call=C001"))).toMatchObject({ ok: false, reason: "id is missing" });
  });
});

describe("values of a row", () => {
  test("DateAndTime is the example of RFC 2579 section 2, in UTC", () => {
    // Tuesday May 26, 1992 at 1:30:15 PM EDT: 1992-5-26,13:30:15.0,-4:0
    const value = dateAndTime(Date.UTC(1992, 4, 26, 17, 30, 15));
    expect(value).toEqual({ type: "octets", value: Uint8Array.from([0x07, 0xc8, 5, 26, 17, 30, 15, 0, 0x2b, 0, 0]) });
    expect(dateAndTime(null)).toEqual({ type: "octets", value: new Uint8Array(8) });
  });

  test("texts are cut to 255 octets between characters", () => {
    const value = text.write(`${"x".repeat(254)}é`);
    expect(text.read(value)).toEqual({ ok: true, value: "x".repeat(254) });
  });

  test.each([
    ["a text with control characters", text.read(text.write("a\u001b[2J")), "control characters"],
    ["a name where an address should be", ipLiteral.read(text.write("gw1.example")), "not an IP address"],
    ["a coding without a clock rate", rtpMap.read(text.write("PCMU")), "not an encoding name"],
    ["a number where a text should be", text.read({ type: "unsigned32", value: 1 }), "where a text should be"],
  ])("%s is refused", (_what, result, reason) => {
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("each column that is read refuses a value of no meaning, and leaves the row as it was", () => {
    const row = emptyRow();
    for (const { read } of connectionColumns) {
      if (read !== null) expect(read({ type: "opaque", value: new Uint8Array(4) }, row)).not.toBeNull();
    }
    expect(row).toEqual(emptyRow());
  });
});
