import { describe, expect, test } from "vitest";
import { SnmpFace } from "../../../firmware/management/snmp-face.js";
import type { GatewaySnapshot } from "../../../firmware/protocol/active-connection.js";
import { changedEntryOid } from "../../../firmware/protocol/mib/change-log.js";
import {
  changeCounter,
  connectionEntryOid,
  holdoverRoot,
  scalarsOid,
} from "../../../firmware/protocol/mib/holdover-mib.js";
import { sysNameOid } from "../../../firmware/protocol/mib/system-group.js";
import { formatOid, type Oid } from "../../../firmware/protocol/snmp/oid.js";
import { errorStatusName, type Pdu, type PlainPdu, pduOctets } from "../../../firmware/protocol/snmp/pdu.js";
import { aCallOf, aGatewayWith } from "../../support/example-snapshot.js";
import { snmpSourceOf } from "../../support/snmp-source.js";

const threeCalls = aGatewayWith([1, 2, 3].map(aCallOf));
const entry = connectionEntryOid(holdoverRoot);
const device = [...entry, 2];
const changedAt = [...entry, 36];
const counterColumn = [...scalarsOid(holdoverRoot), changeCounter.number];
const beyond = [2, 0];
const plenty = 65_000;

function faceOf(snapshot: GatewaySnapshot = threeCalls): SnmpFace {
  const options = { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 100 };
  return new SnmpFace(
    options,
    snmpSourceOf(() => snapshot),
  );
}

function request(kind: "get" | "get-next" | "set", ...names: Oid[]): Pdu {
  const bindings = names.map((name) => ({ name, value: { type: "null" } as const }));
  return { kind, requestId: 7, errorStatus: 0, errorIndex: 0, bindings };
}

function bulk(nonRepeaters: number, maxRepetitions: number, ...names: Oid[]): Pdu {
  const bindings = names.map((name) => ({ name, value: { type: "null" } as const }));
  return { kind: "get-bulk", requestId: 7, nonRepeaters, maxRepetitions, bindings };
}

/** `last sub-identifiers: value` of each binding, or the error. */
function shown(answer: PlainPdu | null): string[] {
  if (answer === null) return ["nothing"];
  if (answer.errorStatus !== 0) return [`${errorStatusName(answer.errorStatus)} ${answer.errorIndex}`];
  return answer.bindings.map(({ name, value }) => {
    const told = "value" in value ? value.value : value.type;
    return `${formatOid(name.slice(-3))}: ${told instanceof Uint8Array ? Buffer.from(told).toString() : told}`;
  });
}

describe("GET (RFC 3416 section 4.2.1)", () => {
  test("gives the value, noSuchInstance under a column, noSuchObject under none", () => {
    const answer = faceOf().answer(request("get", [...device, 65, 49], [...device, 1], device, beyond), plenty, 0);
    expect(shown(answer)).toEqual([
      "2.65.49: 101",
      "1.2.1: noSuchInstance",
      "2.1.2: noSuchInstance",
      "2.0: noSuchObject",
    ]);
    expect(answer).toMatchObject({ kind: "response", requestId: 7, errorStatus: 0, errorIndex: 0 });
  });

  test("answers tooBig with no binding when not all fit, and nothing when not even that does", () => {
    const names = Array.from({ length: 50 }, () => sysNameOid);
    const answer = faceOf().answer(request("get", ...names), 1000, 0);
    expect(answer).toMatchObject({ errorStatus: 1, errorIndex: 0, bindings: [] });
    expect(faceOf().answer(request("get", ...names), 10, 0)).toBeNull();
  });
});

describe("GETNEXT (section 4.2.2)", () => {
  test("goes from row to row, from column to column, from table to table, to the end", () => {
    const names = [device, [...device, 65, 51], [...changedAt, 65, 51], [1, 3], beyond];
    expect(shown(faceOf().answer(request("get-next", ...names), plenty, 0))).toEqual([
      "2.65.49: 101",
      "3.65.49: 127.10.1.1",
      "48.46.51: 120",
      "1.1.0: Holdover media gateway",
      "2.0: endOfMibView",
    ]);
  });

  test("a scalar that is not known is passed over", () => {
    const face = faceOf({ ...threeCalls, counter: null });
    expect(shown(face.answer(request("get-next", counterColumn), plenty, 0))).toEqual(["1.4.0: 3600000"]);
  });
});

describe("GETBULK (section 4.2.3)", () => {
  test("gives non-repeaters once and every repeater as often as asked, row by row", () => {
    const answer = faceOf().answer(bulk(1, 2, counterColumn, device, [...entry, 8]), plenty, 0);
    expect(shown(answer)).toEqual(["1.3.0: 400", "2.65.49: 101", "8.65.49: 46", "2.65.50: 102", "8.65.50: 46"]);
  });

  test("ends after a repetition in which every name was at the end", () => {
    const answer = faceOf().answer(bulk(0, 50, [...changedEntryOid(holdoverRoot), 4, 0, 2], beyond), plenty, 0);
    expect(shown(answer)).toEqual([
      expect.stringMatching(/^4\.0\.3: id=A3;/),
      "2.0: endOfMibView",
      "4.0.3: endOfMibView",
      "2.0: endOfMibView",
    ]);
  });

  test("leaves off at the end what does not fit", () => {
    const whole = faceOf().answer(bulk(0, 3, device, changedAt), plenty, 0);
    const part = faceOf().answer(bulk(0, 3, device, changedAt), 150, 0);
    if (whole === null || part === null) throw new Error("no answer");
    expect(part.bindings.length).toBeGreaterThan(0);
    expect(part.bindings).toEqual(whole.bindings.slice(0, part.bindings.length));
    expect(pduOctets(part)).toBeLessThanOrEqual(150);
  });

  test.each([
    ["more repetitions than anyone could hold", bulk(0, 2 ** 31 - 1, [1, 3]), 100],
    ["more non-repeaters than names", bulk(2 ** 31 - 1, 5, device, changedAt), 2],
    ["no repetition", bulk(0, 0, device), 0],
    ["numbers below zero", bulk(-1, -1, device), 0],
    ["no name", bulk(0, 10), 0],
  ])("%s is answered within bounds", (_what, asked, count) => {
    expect(faceOf().answer(asked, plenty, 0)?.bindings).toHaveLength(count);
  });
});

describe("anything else", () => {
  test("SET is refused at its first name (section 4.2.5)", () => {
    expect(shown(faceOf().answer(request("set", device, beyond), plenty, 0))).toEqual(["noAccess 1"]);
  });

  test("a response, a report or a trap is not answered", () => {
    for (const kind of ["response", "report", "trap", "inform"] as const) {
      const pdu = { kind, requestId: 7, errorStatus: 0, errorIndex: 0, bindings: [] };
      expect(faceOf().answer(pdu, plenty, 0)).toBeNull();
    }
  });
});

describe("the log of changes", () => {
  const record = [...changedEntryOid(holdoverRoot), 4];

  test("is read from any value of the counter on", () => {
    const names = [record, [...record, 0, 1], [...record, 0, 2, 9], [...record, 1]];
    const answer = faceOf().answer(request("get-next", ...names), plenty, 0);
    expect(shown(answer)).toEqual([
      expect.stringMatching(/^4\.0\.1: id=A1;call=C001;ep=aaln\/1;dev=101;/),
      expect.stringMatching(/^4\.0\.2: id=A2;/),
      expect.stringMatching(/^4\.0\.3: id=A3;/),
      "1.4.1: endOfMibView",
    ]);
  });

  test("has a row where a connection changed last, and nowhere else", () => {
    const names = [
      [...record, 0, 3],
      [...record, 0, 4],
      [...record, 0],
      [...record, 0, 0],
    ];
    expect(shown(faceOf().answer(request("get", ...names), plenty, 0)).map((line) => line.slice(0, 24))).toEqual([
      "4.0.3: id=A3;call=C003;e",
      "4.0.4: noSuchInstance",
      "1.4.0: noSuchInstance",
      "4.0.0: noSuchInstance",
    ]);
  });
});

describe("tags", () => {
  const tagged = aGatewayWith([{ ...aCallOf(1), tag: "v=1;from=101;to=201" }]);
  const tag = [...entry, 37];
  const record = [...changedEntryOid(holdoverRoot), 4];

  test("are told to who asks under authPriv", () => {
    const answer = faceOf(tagged).answer(request("get", [...tag, 65, 49], [...record, 0, 1]), plenty, 0, true);
    expect(shown(answer)).toEqual([
      "37.65.49: v=1;from=101;to=201",
      expect.stringMatching(/^4\.0\.1: id=A1;.*;tag=v=1;from=101;to=201$/),
    ]);
  });

  test("are not there for anybody else, be it the same moment", () => {
    const face = faceOf(tagged);
    face.answer(request("get", [...tag, 65, 49]), plenty, 0, true);
    const answer = face.answer(request("get", [...tag, 65, 49], [...record, 0, 1]), plenty, 0);
    expect(shown(answer)).toEqual(["37.65.49: noSuchObject", expect.not.stringContaining("tag")]);
    expect(shown(face.answer(request("get-next", tag), plenty, 0))).toEqual(["48.46.51: 120"]);
  });
});

describe("the view that answers", () => {
  const sysUpTime = [1, 3, 6, 1, 2, 1, 1, 3, 0];

  function changing() {
    let counter = 1;
    const snapshot = (nowMs: number) =>
      aGatewayWith([aCallOf(counter)].map((call) => ({ ...call, durationMs: nowMs })));
    const face = new SnmpFace(
      { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 100 },
      { ...snmpSourceOf((nowMs) => ({ ...snapshot(nowMs), upMs: nowMs })), counter: () => counter },
    );
    const upTime = (nowMs: number) => shown(face.answer(request("get", sysUpTime), plenty, nowMs))[0];
    const change = () => {
      counter += 1;
    };
    return { upTime, change };
  }

  test("is kept for its time, so that a walk is of one moment", () => {
    const { upTime } = changing();
    expect([upTime(1000), upTime(1240), upTime(1250)]).toEqual(["1.3.0: 100", "1.3.0: 100", "1.3.0: 125"]);
  });

  test("is taken anew at once when the change counter has moved", () => {
    const { upTime, change } = changing();
    expect(upTime(1000)).toBe("1.3.0: 100");
    change();
    expect(upTime(1010)).toBe("1.3.0: 101");
  });
});
