import { describe, expect, test } from "vitest";
import { parseEvents, writeEvents } from "../../../../firmware/protocol/mgcp/event-names.js";
import {
  parseEventParameter,
  timeOutMs,
  writeEventParameter,
} from "../../../../firmware/protocol/mgcp/event-parameters.js";
import { parseRequestedEvents, writeRequestedEvents } from "../../../../firmware/protocol/mgcp/requested-events.js";

describe("the examples of RFC 3435 section 3.2.2.4 and of RFC 3660 are read and written back", () => {
  test.each([
    "L/hu",
    "F/0",
    "hf",
    "G/rt@0A3F58",
    "M/[0-9]",
    "[0-9*#A-D]",
    "T/all",
    "R/qa@*",
    "G/rt@$",
    "L/vmwi(+)",
    "L/rg(to=6000)",
    "L/rg(to(6000))",
    'L/adsi("123456 Francois Gerard")',
    "A/ann(http://ann.example.net/no-such-number.au,1234567)",
    "D/8295555T",
    "D/8,D/2,D/9,L/hf,D/T",
    "G/oc(G/rt@0A3F58)",
    'l/ci(09/14/17/26,"555 1212","John Doe")',
    "t/ct(in=co1,out=co2,+)",
    "sl/s(d/1,d/2,d/3)",
    'res/rl@0A3F58(resverr,"some additional commentary")',
    "d/dd(dg=#,to=2500)",
    "BP/UV(signal=G/rt)",
  ])("%s", (text) => {
    const events = parseEvents(text);
    expect(events.ok && writeEvents(events.value)).toBe(text);
  });

  test.each([
    ["L/hu(N), L/hf(S,N)", "L/hu,L/hf(S,N)"],
    ["L/hu(N), D/[0-9#T](D)", "L/hu,D/[0-9#T](D)"],
    ["X/foobar(N)(epar=2)", "X/foobar(N)(epar=2)"],
    ["L/hd(E(R(D/[0-9#T](D),L/hu(N)),S(L/dl),D([0-9].[#T])))", "L/hd(E(R(D/[0-9#T](D),L/hu),S(L/dl),D([0-9].[#T])))"],
    ["L/hd(E(D(xxxT), S(L/dl), R(D/[0-9#T](D))))", "L/hd(E(R(D/[0-9#T](D)),S(L/dl),D(xxxT)))"],
    ["r/rto@364823(N)(120,st=im)", "r/rto@364823(N)(120,st=im)"],
    ["L/hd(PKG/act(a,b=1))", "L/hd(PKG/act(a,b=1))"],
  ])("%s", (text, canonical) => {
    const events = parseRequestedEvents(text);
    expect(events.ok && writeRequestedEvents(events.value)).toBe(canonical);
  });
});

describe("requested events that are refused", () => {
  test.each([
    ["an unknown action", "L/hd(Z)", 523],
    ["two actions that section 2.3.3 does not combine", "L/hd(N,A)", 523],
    ["the same action twice", "L/hd(N,N)", 523],
    ["digits combined with swap", "D/1(D,S)", 523],
    ["an embedded request in an embedded one", "L/hd(E(R(L/hu(E(S(L/dl))))))", 523],
    ["an embedded request with nothing in it", "L/hd(E())", 523],
    ["an embedded request of empty lists", "L/hd(E(R(),S()))", 523],
    ["an event parameter that is no parameter", "L/hd(N)(a=)", 538],
    ["a third pair of parentheses", "L/hd(N)(a)(b)", 538],
    ["no event", "L/-hd", 539],
    ["an open parenthesis", "L/hd(N", 539],
    ["an embedded digit map that is none", "L/hd(E(D([1)))", 539],
  ])("%s: %s", (_what, text, code) => {
    expect(parseRequestedEvents(text)).toMatchObject({ ok: false, code });
  });
});

describe("event parameters", () => {
  test("are values, quoted strings, named ones and groups, to a depth", () => {
    expect(parseEventParameter('a(b=c,"d ""e"", f")')).toEqual({
      ok: true,
      value: {
        kind: "group",
        name: "a",
        parameters: [
          { kind: "named", name: "b", value: { kind: "value", value: "c" } },
          { kind: "quoted", value: 'd "e", f' },
        ],
      },
    });
    expect(parseEventParameter("a(".repeat(9) + ")".repeat(9)).ok).toBe(false);
  });

  test.each(["+", "to=6000", '"a ""b"""', "a(b(c),d=e)"])("%s is written as it was read", (text) => {
    const parameter = parseEventParameter(text);
    expect(parameter.ok && writeEventParameter(parameter.value)).toBe(text);
  });

  test.each([
    [["to=6000"], 6_000],
    [["+", "TO(6000)"], 6_000],
    [["rep=6"], null],
    [["to=soon"], null],
  ])("the time-out of %j is %s", (parameters, ms) => {
    expect(timeOutMs(parameters)).toBe(ms);
  });
});
