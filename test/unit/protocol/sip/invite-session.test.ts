import { expect, test } from "vitest";
import { type MediaDescription, writeMediaDescription } from "../../../../firmware/protocol/sdp.js";
import { responseTo } from "../../../../firmware/protocol/sip/build.js";
import { contactOf } from "../../../../firmware/protocol/sip/dialog.js";
import { InviteSession } from "../../../../firmware/protocol/sip/invite-session.js";
import { bodyOf, bodyText, type SipRequest, tagOf } from "../../../../firmware/protocol/sip/message.js";
import type { SipOutput } from "../../../../firmware/protocol/sip/sip-output.js";
import { formatUri, sipUri } from "../../../../firmware/protocol/sip/uri.js";
import { alice, aRequest, bob, seeded } from "../../../support/sip-wire.js";

const sound = {
  sessionId: "1",
  sessionVersion: "1",
  media: { address: "192.0.2.1", port: 40_000 },
  codings: [{ encoding: "PCMU", clockRateHz: 8_000, payloadType: 0, ptimeMs: 20 }],
  telephoneEventPayloadType: null,
  formatParameters: [],
  direction: "sendrecv" as const,
};

function session(): InviteSession {
  return new InviteSession({ reference: "call/1", contact: sipUri("a", alice.address) }, seeded(3));
}

function requestIn(output: SipOutput | undefined): SipRequest {
  if (output?.kind !== "request" && output?.kind !== "ack") throw new Error("no request");
  return output.request;
}

function inviting() {
  const caller = session();
  const to = sipUri("b", bob.address);
  const [output] = caller.invite({ from: sipUri("a", alice.address), to, peer: bob, offer: sound });
  const invite = requestIn(output);
  /** A 2xx of the far side with this tag, whose requests go to this host. */
  const answered = (toTag: string, host: string) => {
    const headers = { contact: contactOf(sipUri("b", host)), contentType: "application/sdp" };
    const response = responseTo(invite, 200, { toTag, headers, body: bodyOf(writeMediaDescription(sound)) });
    const turn = caller.receive({ kind: "response", key: "k", reference: "call/1", response, from: bob });
    if (turn === null) throw new Error("not taken");
    return turn;
  };
  return { caller, answered };
}

test("the answer of a second fork is acknowledged and ended at its own target, and the call that is up goes on", () => {
  const { caller, answered } = inviting();
  expect(answered("one", "192.0.2.11").events).toMatchObject([{ kind: "answered" }]);
  const [ack, bye] = answered("two", "192.0.2.22").sip;
  for (const output of [ack, bye]) {
    expect(output).toMatchObject({ to: { address: "192.0.2.22" } });
    expect(formatUri(requestIn(output).uri)).toBe("sip:b@192.0.2.22");
    expect(tagOf(requestIn(output).headers.to)).toBe("two");
  }
  expect([requestIn(ack).method, requestIn(bye).method]).toEqual(["ACK", "BYE"]);
  const reference = bye?.kind === "request" ? bye.reference : "";
  expect(caller.receive({ kind: "failed", key: "k", reference, reason: "timeout" })).toBeNull();
  expect(caller.end()).toMatchObject([{ request: { method: "BYE", uri: { host: "192.0.2.11" } } }]);
});

test("a repeated answer is acknowledged each time with the same CSeq and nothing else", () => {
  const { answered } = inviting();
  const first = requestIn(answered("one", "192.0.2.11").sip[0]);
  const again = answered("one", "192.0.2.11");
  expect(again.sip.map((output) => requestIn(output))).toEqual([first]);
  expect(again.events).toEqual([]);
});

test("an offer of more streams than sound is answered with as many, the others refused", () => {
  const called = session();
  const contact = contactOf(sipUri("b", bob.address));
  const offer = `${writeMediaDescription(sound)}m=video 40002 RTP/AVP 31\r\n`;
  const invite = { ...aRequest("INVITE", "c", { contact, contentType: "application/sdp" }), body: bodyOf(offer) };
  expect(called.take("k", invite, bob).ok).toBe(true);
  const [output] = called.accept(sound);
  if (output?.kind !== "respond") throw new Error("no answer");
  expect(bodyText(output.response).match(/^m=.*$/gm)).toEqual(["m=audio 40000 RTP/AVP 0", "m=video 0 RTP/AVP 31"]);
});

/** A call up as its called side has it, and what it answers to a re-INVITE with this offer. */
function reinvited() {
  const called = session();
  const at = (host: string) => contactOf(sipUri("b", host));
  const first = aRequest("INVITE", "c", { contact: at("192.0.2.2"), contentType: "application/sdp" });
  const theirs: MediaDescription = { ...sound, media: { address: "192.0.2.2", port: 4_000 } };
  called.take("k1", { ...first, body: bodyOf(writeMediaDescription(theirs)) }, bob);
  const [accepted] = called.accept(sound);
  if (accepted?.kind !== "respond") throw new Error("no answer");
  const { to } = accepted.response.headers;
  let sequence = first.headers.cseq.number;
  const again = (offer: Partial<MediaDescription>, host: string) => {
    sequence += 1;
    const headers = { ...first.headers, to, contact: at(host), cseq: { number: sequence, method: "INVITE" } };
    const request = { ...first, headers, body: bodyOf(writeMediaDescription({ ...theirs, ...offer })) };
    const turn = called.receive({ kind: "request", key: `k${sequence}`, request, from: bob });
    const [output] = turn?.sip ?? [];
    if (output?.kind !== "respond") throw new Error("no answer");
    return { ...output.response, key: output.key, events: turn?.events };
  };
  const acknowledge = (key: string) => called.receive({ kind: "ack", key, request: first });
  return { called, again, acknowledge, answer: bodyText(accepted.response) };
}

test("a re-INVITE that offers the same again is accepted with the same answer, and refreshes the target", () => {
  const { called, again, acknowledge, answer } = reinvited();
  acknowledge("k1");
  const refreshed = again({}, "192.0.2.33");
  expect([refreshed.status, bodyText(refreshed)]).toEqual([200, answer]);
  expect(called.end()).toEqual([]);
  expect(acknowledge(refreshed.key)?.sip).toMatchObject([{ request: { method: "BYE", uri: { host: "192.0.2.33" } } }]);
});

test("a re-INVITE without the coding in use is refused, and changes neither the session nor the target", () => {
  const { called, again, acknowledge } = reinvited();
  expect(again({}, "192.0.2.33").status).toBe(491);
  acknowledge("k1");
  expect(again({ codings: [{ encoding: "PCMA", clockRateHz: 8_000, payloadType: 8, ptimeMs: 20 }] }, "x").status).toBe(
    488,
  );
  expect(called.end()).toMatchObject([{ request: { method: "BYE", uri: { host: "192.0.2.2" } } }]);
});

test("a far side that moves, holds and resumes is answered so, in descriptions that count up, and its owner is told", () => {
  const { again, acknowledge } = reinvited();
  acknowledge("k1");
  const moved = { address: "192.0.2.2", port: 4_002 };
  const held = { address: "0.0.0.0", port: 4_002 };
  for (const [offer, direction, version, told] of [
    [{ media: moved }, "sendrecv", "1", { media: moved, direction: "sendrecv" }],
    [{ media: moved, direction: "sendonly" as const }, "recvonly", "2", { media: moved, direction: "sendonly" }],
    [{ media: moved, direction: "sendonly" as const }, "recvonly", "2", null],
    [{ media: moved, direction: "inactive" as const }, "inactive", "3", { media: moved, direction: "inactive" }],
    [{ media: moved }, "sendrecv", "4", { media: moved, direction: "sendrecv" }],
    [{ media: held }, "recvonly", "5", { media: moved, direction: "sendonly" }],
  ] as const) {
    const response = again(offer, "192.0.2.2");
    expect(response.status).toBe(200);
    expect(bodyText(response)).toMatch(new RegExp(`^o=- 1 ${version} `, "m"));
    expect(bodyText(response)).toContain(`a=${direction}\r\n`);
    expect(response.events).toEqual(told === null ? [] : [{ kind: "media", media: expect.objectContaining(told) }]);
    acknowledge(response.key);
  }
});

/** A call without an offer as its called side has it; the far side's answer is what its ACK holds. */
function invitedWithoutOffer() {
  const called = session();
  const contact = contactOf(sipUri("b", "192.0.2.2"));
  const invite = aRequest("INVITE", "c", { contact });
  expect(called.take("k", invite, bob)).toEqual({ ok: true, value: null });
  const [accepted] = called.accept(sound);
  if (accepted?.kind !== "respond") throw new Error("no answer");
  const acknowledge = (text: string) => {
    const ack = aRequest("ACK", "c", { contentType: "application/sdp" });
    return called.receive({ kind: "ack", key: "k", request: text === "" ? invite : { ...ack, body: bodyOf(text) } });
  };
  return { called, offer: bodyText(accepted.response), acknowledge };
}

test("an INVITE without an offer gets ours in the 2xx, and the ACK's answer is told", () => {
  const { offer, acknowledge } = invitedWithoutOffer();
  expect(offer).toBe(writeMediaDescription(sound));
  const theirs = { ...sound, media: { address: "192.0.2.2", port: 4_000 } };
  expect(acknowledge(writeMediaDescription(theirs))).toEqual({ sip: [], events: [{ kind: "media", media: theirs }] });
});

test("an ACK without the answer that is due ends the call", () => {
  for (const text of ["", "v=0\r\n", writeMediaDescription({ ...sound, codings: [] })]) {
    const { called, acknowledge } = invitedWithoutOffer();
    const turn = acknowledge(text);
    expect(turn?.sip).toMatchObject([{ kind: "request", request: { method: "BYE" } }]);
    expect(turn?.events).toMatchObject([{ kind: "ended", by: "failure" }]);
    expect(called.end()).toEqual([]);
  }
});

test("an offer at port 0, or at 65535 where no port is left for RTCP, is not taken", () => {
  const contact = contactOf(sipUri("b", bob.address));
  for (const [port, isTaken] of [
    [0, false],
    [65_534, true],
    [65_535, false],
  ] as const) {
    const body = bodyOf(writeMediaDescription({ ...sound, media: { address: "192.0.2.2", port } }));
    const invite = { ...aRequest("INVITE", "c", { contact, contentType: "application/sdp" }), body };
    expect(session().take("k", invite, bob).ok).toBe(isTaken);
  }
});
