import { expect, test } from "vitest";
import { DigestGate } from "../../../firmware/management/digest-gate.js";
import { credentialsHeader, digestResponse, parseChallenge } from "../../../firmware/protocol/sip/digest.js";
import type { SipRequest } from "../../../firmware/protocol/sip/message.js";
import { alice, aRequest, bob, seeded } from "../../support/sip-wire.js";

const realm = "gw1.example";

function aGate() {
  return new DigestGate({ realm, users: [{ name: "backup", password: "a password" }] }, seeded(1));
}

function nonceOf(gate: DigestGate, nowMs = 0): string {
  const challenge = parseChallenge(gate.challenge(alice.address, false, nowMs).value);
  if (!challenge.ok) throw new Error(challenge.reason);
  return challenge.value.nonce;
}

function asked(
  nonce: string,
  count = 1,
  more: { userName?: string; password?: string; method?: string } = {},
): SipRequest {
  const { userName = "backup", password = "a password", method = "SUBSCRIBE" } = more;
  const parts = { userName, realm, nonce, uri: "sip:connections@gw1.example", count, clientNonce: "c" };
  const response = digestResponse(parts, password, method);
  return aRequest("SUBSCRIBE", "call", { others: [credentialsHeader({ ...parts, response, opaque: null })] });
}

test("the right password lets in, once for each count of a nonce", () => {
  const gate = aGate();
  const nonce = nonceOf(gate);
  expect(gate.judge(asked(nonce), alice.address, 10)).toBe("let in");
  expect(gate.judge(asked(nonce), alice.address, 20)).toBe("stale");
  expect(gate.judge(asked(nonce, 2), alice.address, 30)).toBe("let in");
});

test("a nonce is of use from the address it was told to, and not for ever", () => {
  const gate = aGate();
  const nonce = nonceOf(gate, 1_000);
  expect(gate.judge(asked(nonce), bob.address, 1_010)).toBe("stale");
  expect(gate.judge(asked(nonce), alice.address, 302_000)).toBe("stale");
  expect(gate.judge(asked("0".repeat(44)), alice.address, 1_010)).toBe("stale");
});

test("a nonce of another start of the gateway is stale, not wrong: the asker tries again", () => {
  const other = new DigestGate({ realm, users: [{ name: "backup", password: "a password" }] }, seeded(2));
  expect(aGate().judge(asked(nonceOf(other)), alice.address, 10)).toBe("stale");
});

test.each([
  ["another password", { password: "guessed" }],
  ["another user", { userName: "stranger" }],
  ["a response for another method", { method: "INVITE" }],
])("%s is wrong", (_what, more) => {
  const gate = aGate();
  expect(gate.judge(asked(nonceOf(gate), 1, more), alice.address, 10)).toBe("wrong");
});

test("a request without credentials, or for another realm, has none", () => {
  expect(aGate().judge(aRequest("SUBSCRIBE"), alice.address, 0)).toBe("none");
  const elsewhere = new DigestGate({ realm: "gw2.example", users: [{ name: "backup", password: "x" }] }, seeded(3));
  expect(elsewhere.judge(asked(nonceOf(aGate())), alice.address, 10)).toBe("none");
});

test("of more nonces than are remembered the oldest are stale from then on", () => {
  const gate = aGate();
  const first = nonceOf(gate, 1);
  expect(gate.judge(asked(first), alice.address, 1)).toBe("let in");
  for (let ms = 2; ms <= 1_001; ms += 1) expect(gate.judge(asked(nonceOf(gate, ms)), alice.address, ms)).toBe("let in");
  expect(gate.judge(asked(first, 2), alice.address, 1_002)).toBe("stale");
});
