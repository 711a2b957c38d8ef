import { expect, test } from "vitest";
import { Telephone } from "../../../firmware/phone/telephone.js";
import { writeMediaDescription } from "../../../firmware/protocol/sdp.js";
import { bodyOf, type ExtraHeaders, type SipRequest, withTag } from "../../../firmware/protocol/sip/message.js";
import { seededRandom } from "../../support/seeded-random.js";
import { alice, aRequest } from "../../support/sip-wire.js";

function telephone(): Telephone {
  return new Telephone(
    {
      number: "101",
      sip: { address: "192.0.2.7", port: 5060 },
      media: { address: "192.0.2.7", port: 40_000 },
      gateway: alice,
      answerAfterMs: null,
      hangUpAfterMs: null,
    },
    seededRandom(1),
  );
}

function answerTo(request: SipRequest) {
  const [output] = telephone().sipEvent({ kind: "request", key: "k", request, from: alice }, 0).sip;
  if (output?.kind !== "respond") throw new Error("no answer");
  const { status, headers } = output.response;
  return { status, headers };
}

function inDialog(request: SipRequest): SipRequest {
  return { ...request, headers: { ...request.headers, to: withTag(request.headers.to, "gone") } };
}

test("a telephone that was started anew says 481 to whatever comes in a call it knows nothing of", () => {
  for (const method of ["INVITE", "OPTIONS", "INFO", "BYE"])
    expect(answerTo(inDialog(aRequest(method))).status).toBe(481);
});

test("outside a call OPTIONS is answered with what it can do, and other methods are not allowed", () => {
  expect(answerTo(aRequest("OPTIONS"))).toMatchObject({
    status: 200,
    headers: { allow: ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"] },
  });
  expect(answerTo(aRequest("REGISTER"))).toMatchObject({ status: 405, headers: { allow: expect.anything() } });
});

test("it rings only for µ-law under its own number and for extensions that it has", () => {
  const invite = (payloadType: number, more: ExtraHeaders = {}) => {
    const codings = [{ encoding: "PCMU", clockRateHz: 8_000, payloadType, ptimeMs: 20 }];
    const fixed = {
      sessionId: "1",
      sessionVersion: "1",
      telephoneEventPayloadType: null,
      formatParameters: [],
      direction: "sendrecv" as const,
    };
    const body = bodyOf(writeMediaDescription({ ...fixed, codings, media: { address: "192.0.2.1", port: 4_000 } }));
    return { ...aRequest("INVITE", "i", { contentType: "application/sdp", ...more }), body };
  };
  expect(answerTo(invite(0)).status).toBe(180);
  expect(answerTo(invite(97)).status).toBe(488);
  expect(answerTo(invite(0, { require: ["timer"] }))).toMatchObject({
    status: 420,
    headers: { unsupported: ["timer"] },
  });
});
