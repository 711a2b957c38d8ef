import { describe, expect, test } from "vitest";
import {
  lockstepRestartMethod,
  readLockstepSeconds,
  writeLockstepSeconds,
} from "../../../../firmware/protocol/mgcp/lockstep-package.js";
import { readRedirection, writeRedirection } from "../../../../firmware/protocol/mgcp/redirect-package.js";

function lines(...values: readonly (readonly [string, string])[]) {
  return { extensions: values.map(([name, value]) => ({ name, value })) };
}

const agents = ["ca1@myca.whatever.net", "ca2@mybackupca.whatever.net"];
const nothing = { notifiedEntity: null, notifiedEntityList: null, endpoints: null, isReset: false };

describe("RFC 3991", () => {
  test("sections 2.1 and 2.3: redirect to one call agent, or to a list of them", () => {
    expect(readRedirection(lines(["RED/N", "ca1@ca1234.whatever.net"]))).toEqual({
      ok: true,
      value: { ...nothing, notifiedEntity: "ca1@ca1234.whatever.net" },
    });
    expect(readRedirection(lines(["RED/EL", "*"], ["RED/NL", agents.join(", ")]))).toEqual({
      ok: true,
      value: { ...nothing, endpoints: ["*"], notifiedEntityList: agents },
    });
  });

  test("section 2.4: reset of the endpoints that two maps choose", () => {
    const read = readRedirection(
      lines(
        ["RED/EL", "ds/e1-3/[1-30]"],
        ["RED/MP", "TFTTTTTFFFTTTTTFFFFTFFTTFTTTFF"],
        ["RED/EL", "ds/e1-5/[1-30]"],
        ["RED/MP", "TFFFFFTFFFTTFTTFFFFTFFFTFTTTTT"],
        ["RED/R", "reset"],
      ),
    );
    if (!read.ok || read.value === null) throw new Error("not read");
    expect(read.value.isReset).toBe(true);
    expect(read.value.endpoints).toHaveLength(17 + 13);
    expect(read.value.endpoints?.slice(0, 3)).toEqual(["ds/e1-3/1", "ds/e1-3/3", "ds/e1-3/4"]);
  });

  test("what is written is read again", () => {
    const value = {
      notifiedEntity: "ca@[192.0.2.1]:2727",
      notifiedEntityList: agents,
      endpoints: ["aaln/1", "aaln/3"],
      isReset: true,
    };
    expect(readRedirection({ extensions: writeRedirection(value) })).toEqual({ ok: true, value });
    expect(readRedirection({})).toEqual({ ok: true, value: null });
  });

  test.each([
    ["a map without a list", [["RED/MP", "T"]], 800],
    [
      "a map longer than its list",
      [
        ["RED/EL", "aaln/[1-2]"],
        ["RED/MP", "TFT"],
      ],
      800,
    ],
    [
      "a map for all endpoints",
      [
        ["RED/EL", "*"],
        ["RED/MP", "T"],
      ],
      800,
    ],
    [
      "a map not right behind its list",
      [
        ["RED/EL", "aaln/1"],
        ["RED/R", "reset"],
        ["RED/MP", "T"],
      ],
      800,
    ],
    [
      "a map of other letters",
      [
        ["RED/EL", "aaln/1"],
        ["RED/MP", "X"],
      ],
      801,
    ],
    ["another word than reset", [["RED/R", "restart"]], 801],
    ["a list of no call agents", [["RED/NL", "a b"]], 801],
    ["an empty range", [["RED/EL", "aaln/[5-1]"]], 801],
    ["more endpoints than there may be", [["RED/EL", "a/[1-999999999]"]], 801],
  ] as const)("%s is refused with %s %i", (_what, values, code) => {
    expect(readRedirection(lines(...values))).toMatchObject({ ok: false, code });
  });
});

describe("RFC 3992", () => {
  test.each([
    ["0", 0],
    ["9999", 9_999],
  ])("LCK/LST: %s", (text, seconds) => {
    expect(readLockstepSeconds(lines(["lck/lst", text]))).toEqual({ ok: true, value: seconds });
    expect(writeLockstepSeconds(seconds)).toEqual({ name: "LCK/LST", value: text });
  });

  test("above four digits, or twice, it is refused; without it nothing is said", () => {
    expect(readLockstepSeconds(lines(["LCK/LST", "10000"])).ok).toBe(false);
    expect(readLockstepSeconds(lines(["LCK/LST", "1"], ["LCK/LST", "1"])).ok).toBe(false);
    expect(readLockstepSeconds({})).toEqual({ ok: true, value: null });
    expect(lockstepRestartMethod).toBe("lck/lockstep");
  });
});
