import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bodyText, type SipMessage, type SipRequest, tagOf } from "../../../../firmware/protocol/sip/message.js";
import { parameterOf } from "../../../../firmware/protocol/sip/parameter.js";
import { parseSip, type SipParseResult } from "../../../../firmware/protocol/sip/parse.js";
import { formatUri, userOf } from "../../../../firmware/protocol/sip/uri.js";

/** Messages of RFC 4475, see test/vectors/rfc4475/README.md. */
function torture(name: string): SipParseResult {
  return parseSip(readFileSync(new URL(`../../../vectors/rfc4475/${name}.dat`, import.meta.url)));
}

function valid(name: string): SipMessage {
  const result = torture(name);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function validRequest(name: string): SipRequest {
  const message = valid(name);
  if (message.kind !== "request") throw new Error(`${name} is no request`);
  return message;
}

test("3.1.1.1 wsinv: white space, folding, compact forms and odd case are read through", () => {
  const { method, uri, headers, body } = validRequest("wsinv");
  expect(method).toBe("INVITE");
  expect(formatUri(uri)).toBe("sip:vivekg@chair-dnrc.example.com;unknownparam");
  expect(headers.via.map(({ transport, host }) => `${transport} ${host}`)).toEqual([
    "UDP 192.0.2.2",
    "TCP spindle.example.com",
    "UDP 192.168.255.111",
  ]);
  expect(headers.via.map(({ parameters }) => parameterOf(parameters, "branch"))).toEqual([
    "390skdjuw",
    "z9hG4bK9ikj8",
    "z9hG4bK30239",
  ]);
  expect(headers.from.displayName).toBe('J Rosenberg \\"');
  expect(tagOf(headers.from)).toBe("98asjd8");
  expect(tagOf(headers.to)).toBe("1918181833n");
  expect(headers.cseq).toEqual({ number: 9, method: "INVITE" });
  expect(headers.maxForwards).toBe(68);
  expect(headers.contentType).toBe("application/sdp");
  expect(headers.contact).toMatchObject([
    {
      displayName: 'Quoted string ""',
      parameters: [{ name: "newparam", value: "newvalue" }, { name: "secondparam" }, { name: "q", value: "0.33" }],
    },
  ]);
  expect(bodyText(validRequest("wsinv")).startsWith("v=0\r\n")).toBe(true);
  expect(body.length).toBe(150);
});

test("3.1.1.2 intmeth: a method of every token character, and control characters that are quoted", () => {
  const { method, uri, headers } = validRequest("intmeth");
  expect(method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
  expect(userOf(uri)).toBe("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  expect(headers.to.displayName).toBe("BEL:\u0007 NUL:\u0000 DEL:\u007f");
  expect(headers.others?.find(({ name }) => name.startsWith("extensionHeader"))?.value).toContain("大停電");
});

test("3.1.1.3 to 3.1.1.6: escapes in a user are kept as written and read when asked for", () => {
  expect(userOf(validRequest("esc01").uri)).toBe("sips:user@example.com");
  expect(validRequest("escnull").headers.contact).toHaveLength(2);
  expect(validRequest("esc02").method).toBe("RE%47IST%45R");
  expect(validRequest("lwsdisp").headers.from).toMatchObject({ displayName: "caller" });
});

test("3.1.1.7 longreq: long values are read whole", () => {
  const { headers } = validRequest("longreq");
  expect(headers.via).toHaveLength(34);
  expect(headers.callId).toMatch(/^longreq\.one.*longcallid$/);
});

test("3.1.1.8 dblreq: what stands behind the body in a datagram is left out", () => {
  expect(validRequest("dblreq")).toMatchObject({ method: "REGISTER", body: new Uint8Array(0) });
});

test("3.1.1.10, 3.1.1.12, 3.1.1.13: other transports, UTF-8 and empty reason phrases", () => {
  expect(validRequest("transports").headers.via.map(({ transport }) => transport)).toEqual([
    "UDP",
    "SCTP",
    "TLS",
    "UNKNOWN",
    "TCP",
  ]);
  expect(valid("unreason")).toMatchObject({ status: 200, reason: expect.stringContaining("сто девяносто девять") });
  expect(valid("noreason")).toMatchObject({ status: 100, reason: "" });
});

test("3.1.2: what cannot be a message is refused, with 400 or 505 where the asker can be told", () => {
  const refusalOf = (name: string) => {
    const result = torture(name);
    return result.ok ? "taken" : (result.refusal?.status ?? "dropped");
  };
  const expected = {
    badinv01: "dropped",
    clerr: 400,
    ncl: 400,
    scalar02: "dropped",
    scalarlg: "dropped",
    quotbal: "dropped",
    ltgtruri: 400,
    lwsruri: 400,
    lwsstart: 400,
    trws: 400,
    mismatch01: 400,
    mismatch02: 400,
    badvers: 505,
    bigcode: "dropped",
    regbadct: 400,
    badaspec: "dropped",
    baddn: "dropped",
    mcl01: 400,
    multi01: "dropped",
    insuf: "dropped",
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, refusalOf(name)]))).toEqual(expected);
});

test("3.1.2.14 mismatch01: the 400 says why", () => {
  const result = torture("mismatch01");
  expect(result.ok ? null : result.refusal?.reason).toBe("CSeq names another method");
});

test("3.3.15, 3.1.1.14, 3.4.1: what is wrong above the transaction layer is still read", () => {
  for (const name of [
    "unkscm",
    "novelsc",
    "unksm2",
    "bext01",
    "invut",
    "zeromf",
    "cparam01",
    "cparam02",
    "regescrt",
    "inv2543",
    "sdp01",
  ])
    expect(torture(name).ok, name).toBe(true);
  expect(validRequest("unkscm").uri).toEqual({ kind: "other", text: "nobodyKnowsThisScheme:totallyopaquecontent" });
  expect(validRequest("zeromf").headers.maxForwards).toBe(0);
  expect(validRequest("bext01").headers).toMatchObject({
    require: ["nothingSupportsThis", "nothingSupportsThisEither"],
  });
});
