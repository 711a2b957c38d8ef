import { describe, expect, test } from "vitest";
import {
  challengeHeader,
  credentialsHeader,
  digestResponse,
  parseChallenge,
  parseCredentials,
} from "../../../../firmware/protocol/sip/digest.js";

/** RFC 7616 section 3.9.1. */
const authorization = `Digest username="Mufasa",
    realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256,
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001,
    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth,
    response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`.replaceAll("\n", " ");

test("the example of RFC 7616 section 3.9.1 is read, and its response is what we compute", () => {
  const credentials = parseCredentials(authorization);
  if (!credentials.ok) throw new Error(credentials.reason);
  expect(digestResponse(credentials.value, "Circle of Life", "GET")).toBe(credentials.value.response);
});

test("credentials and challenges come back as they were written, quotes and backslashes too", () => {
  const proof = { count: 10, clientNonce: "c", response: "a".repeat(64), opaque: "o" };
  const credentials = { userName: 'a"b\\c', realm: "gw1, example", nonce: "n", uri: "sip:x@y", ...proof };
  expect(parseCredentials(credentialsHeader(credentials).value)).toEqual({ ok: true, value: credentials });
  const challenge = { realm: 'gw"1', nonce: "n=", isStale: true };
  expect(parseChallenge(challengeHeader(challenge).value)).toEqual({ ok: true, value: { ...challenge, opaque: null } });
});

describe("what is not spoken here is refused", () => {
  test.each([
    ["another scheme", "Basic dXNlcg==", "not Digest"],
    ["MD5", authorization.replace("SHA-256", "MD5"), "not SHA-256"],
    ["no qop", authorization.replace("qop=auth,", ""), "qop"],
    ["a count that is none", authorization.replace("00000001", "1"), "nc"],
    ["a short response", authorization.replace("753927fa", ""), "response"],
    ["a field twice", `${authorization}, nc=00000002`, "twice"],
    ["a quote that does not end", 'Digest username="Mufasa', "malformed"],
    ["nothing", "", "not Digest"],
  ])("%s", (_what, value, reason) => {
    expect(parseCredentials(value)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("a challenge by MD5 alone", () => {
    expect(parseChallenge('Digest realm="a", nonce="b", qop="auth"').ok).toBe(false);
  });
});
