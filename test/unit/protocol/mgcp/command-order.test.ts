import { describe, expect, test } from "vitest";
import { conflictOf, mayBeSentBeside } from "../../../../firmware/protocol/mgcp/command-order.js";
import type { MgcpParameters, MgcpVerb } from "../../../../firmware/protocol/mgcp/message.js";

function command(verb: MgcpVerb, parameters: MgcpParameters = {}, local = "aaln/1") {
  return { verb, endpoint: { local, domain: "gw" }, parameters };
}

const create = command("CRCX", { callId: "1" });
const modify = command("MDCX", { callId: "1", connectionIds: ["A"] });
const request = command("RQNT", { requestIdentifier: "1" });
const configure = command("EPCF", { bearerInformation: { encoding: "A" } });

describe("what a gateway does (RFC 3435 sections 3.5.6 and 4.4.4)", () => {
  test.each([
    ["DLCX of all", "an unfinished CRCX", create, command("DLCX"), "abort executing"],
    ["DLCX of the call", "an unfinished CRCX", create, command("DLCX", { callId: "1" }), "abort executing"],
    ["DLCX of all endpoints", "an unfinished MDCX", modify, command("DLCX", {}, "*"), "abort executing"],
    ["DLCX of the connection", "its MDCX", modify, command("DLCX", { connectionIds: ["a"] }), "abort executing"],
    ["DLCX of another connection", "a MDCX", modify, command("DLCX", { connectionIds: ["B"] }), null],
    ["DLCX of another call", "a CRCX", create, command("DLCX", { callId: "2" }), null],
    ["DLCX of another endpoint", "a CRCX", create, command("DLCX", {}, "aaln/2"), null],
    ["another MDCX of the connection", "a MDCX", modify, modify, "abort executing"],
    ["MDCX of another connection", "a MDCX", modify, command("MDCX", { connectionIds: ["B"] }), null],
    ["another RQNT", "a RQNT", request, command("RQNT", { requestIdentifier: "2" }), "abort executing"],
    ["a CRCX that holds a request", "a RQNT", request, command("CRCX", { requestIdentifier: "2" }), "abort executing"],
    ["another EPCF", "an EPCF", configure, configure, "abort executing"],
    ["an audit", "anything", create, command("AUEP"), null],
    ["another CRCX", "a CRCX", create, create, null],
  ])("%s meets %s", (_arriving, _executing, executing, arriving, conflict) => {
    expect(conflictOf({ command: executing, connectionId: null }, arriving)).toBe(conflict);
  });

  test("MDCX of a connection that is still being made is refused", () => {
    expect(conflictOf({ command: create, connectionId: "a" }, modify)).toBe("refuse arriving");
  });
});

describe("what a call agent holds back (RFC 3435 section 4.4.4)", () => {
  test.each([
    ["1: another endpoint", request, command("RQNT", { requestIdentifier: "1" }, "aaln/2"), true],
    ["2: another connection", modify, command("MDCX", { connectionIds: ["B"] }), true],
    ["3: the same connection", modify, modify, false],
    ["3: DLCX at any time", modify, command("DLCX", { connectionIds: ["A"] }), true],
    ["4: a second request", request, request, false],
    ["5: CRCX beside a DLCX of all", command("DLCX", {}, "*"), create, false],
    ["5: CRCX beside a DLCX of one", command("DLCX", { connectionIds: ["A"] }), create, true],
    ["6: a request within", request, command("CRCX", { requestIdentifier: "2" }), false],
    ["7: audits", request, command("AUEP"), true],
    ["10: a second configuration", configure, configure, false],
  ])("%s", (_rule, outstanding, next, may) => {
    expect(mayBeSentBeside(outstanding, next)).toBe(may);
  });
});
