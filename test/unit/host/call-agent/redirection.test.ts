import { expect, test } from "vitest";
import { claimedEntity, isRedirection } from "../../../../host/call-agent/redirection.js";
import { response } from "../../../support/call-agent-desk.js";

const own = { address: "192.0.2.1", port: 2727 };
const other = { address: "192.0.2.2", port: 2727 };
const ours = "ca@[192.0.2.1]:2727";

function claimed(named: string | undefined, isInCharge = false, verb: "RQNT" | "AUEP" = "RQNT"): string | null {
  const redirected = response(521, named === undefined ? {} : { notifiedEntity: named });
  return claimedEntity(verb, redirected, own, { callAgent: other, isInCharge });
}

test("a command redirected to this server, or to a peer that is not in charge, is given once more by this server's name", () => {
  expect(claimed("ca@[192.0.2.1]")).toBe(ours);
  expect(claimed("someone@192.0.2.1:2727")).toBe(ours);
  expect(claimed("ca@[192.0.2.2]:2727")).toBe(ours);
});

test("a redirection to the one in charge, to a stranger, by name, or to nobody is believed", () => {
  expect(claimed("ca@[192.0.2.2]:2727", true)).toBeNull();
  for (const named of ["ca@[192.0.2.9]", "ca@[192.0.2.1]:5000", "ca@ca1.example", "not an entity@@", "", undefined])
    expect(claimed(named)).toBeNull();
  expect(claimedEntity("RQNT", response(521, { notifiedEntity: "ca@[192.0.2.2]" }), own, null)).toBeNull();
});

test("a question names nobody, so its redirection is believed", () => {
  expect(claimed("ca@[192.0.2.1]", false, "AUEP")).toBeNull();
});

test("an unknown code from 300 to 399 is a redirection (RFC 3435 section 2.4)", () => {
  expect([521, 305, 399].map((code) => isRedirection(response(code)))).toEqual([true, true, true]);
  expect([200, 520, 400].map((code) => isRedirection(response(code)))).toEqual([false, false, false]);
});
