import { expect, test } from "vitest";
import { responseTo } from "../../../../firmware/protocol/sip/build.js";
import {
  acceptInDialog,
  acknowledgeSuccess,
  dialogAsClient,
  dialogAsServer,
  dialogKey,
  dialogKeyOf,
  dialogPeer,
  requestInDialog,
  type SipDialog,
} from "../../../../firmware/protocol/sip/dialog.js";
import { nameAddress } from "../../../../firmware/protocol/sip/message.js";
import { formatUri, sipUri } from "../../../../firmware/protocol/sip/uri.js";
import { alice, aRequest, bob } from "../../../support/sip-wire.js";

const bobsContact = [nameAddress(sipUri("bob-here", bob.address, 5070))];
const proxies = ["198.51.100.1", "198.51.100.2"].map((host) => nameAddress(sipUri(null, host)));

function established(): { caller: SipDialog; called: SipDialog } {
  const invite = aRequest("INVITE", "call-1", { recordRoute: proxies });
  const ok = responseTo(invite, 200, { toTag: "bob-tag", headers: { contact: bobsContact } });
  const caller = dialogAsClient(invite, ok);
  const called = dialogAsServer(invite, "bob-tag");
  if (!caller.ok || !called.ok) throw new Error("no dialog");
  return { caller: caller.value, called: called.value };
}

test("section 12.1: both sides see one dialog, the routes of the caller reversed", () => {
  const { caller, called } = established();
  expect(called.routeSet).toEqual(proxies);
  expect(caller.routeSet).toEqual([...proxies].reverse());
  expect(formatUri(caller.remoteTarget)).toBe("sip:bob-here@192.0.2.2:5070");
  const bye = requestInDialog(caller, "BYE").request;
  expect(dialogKeyOf(bye)).toBe(dialogKey(called));
  expect(formatUri(bye.uri)).toBe("sip:bob-here@192.0.2.2:5070");
  expect(bye.headers.cseq).toEqual({ number: 2, method: "BYE" });
  expect(bye.headers.route).toEqual(caller.routeSet);
});

test("section 13.2.2.4: the ACK of a 2xx has the CSeq number of its INVITE", () => {
  expect(acknowledgeSuccess(established().caller, 1).headers.cseq).toEqual({ number: 1, method: "ACK" });
});

test("section 12.2.2: a request that is not newer than the last one is refused, a re-INVITE moves the target", () => {
  const { caller, called } = established();
  const contact = [nameAddress(sipUri("alice", "192.0.2.77"))];
  const { request } = requestInDialog(caller, "INVITE", { contact });
  const moved = acceptInDialog(called, request);
  if (!moved.ok) throw new Error(moved.reason);
  expect(formatUri(moved.value.remoteTarget)).toBe("sip:alice@192.0.2.77");
  expect(acceptInDialog(moved.value, request)).toEqual({ ok: false, reason: "CSeq 2 is not above 2" });
});

test("a request in the dialog goes to the first route, else to the target, else to where the far side is known to be", () => {
  const { caller } = established();
  expect(dialogPeer(caller, alice)).toEqual({ address: "198.51.100.2", port: 5060 });
  expect(dialogPeer({ ...caller, routeSet: [] }, alice)).toEqual({ address: bob.address, port: 5070 });
  expect(dialogPeer({ ...caller, routeSet: [], remoteTarget: sipUri("b", "bob.example") }, alice)).toEqual(alice);
});

test("an INVITE without Contact makes no dialog", () => {
  expect(
    dialogAsServer({ ...aRequest("INVITE"), headers: { ...aRequest("INVITE").headers, contact: "*" } }, "t").ok,
  ).toBe(false);
});
