import { expect, test } from "vitest";
import { SipFace } from "../../../firmware/management/sip-face.js";
import type { ActiveConnection, GatewaySnapshot } from "../../../firmware/protocol/active-connection.js";
import { parseDialogInfo } from "../../../firmware/protocol/dialog-info.js";
import { responseTo } from "../../../firmware/protocol/sip/build.js";
import {
  bodyText,
  type ExtraHeaders,
  nameAddress,
  type SipRequest,
  tagOf,
  withTag,
} from "../../../firmware/protocol/sip/message.js";
import type { SipOutput } from "../../../firmware/protocol/sip/sip-output.js";
import { formatUri, parseUri, sipUri } from "../../../firmware/protocol/sip/uri.js";
import { oneConnection } from "../../support/one-connection.js";
import { alice, aRequest, bob, seeded } from "../../support/sip-wire.js";

class World {
  connections: readonly ActiveConnection[] = [
    oneConnection,
    { ...oneConnection, connectionId: "2A", endpoint: "aaln/2" },
  ];
  readonly face: SipFace;

  constructor(subscriptionsMax = 2) {
    const mayAsk = (address: string) => address === alice.address;
    const options = { gateway: "gw1.example", address: bob, lines: ["aaln/1", "aaln/2"], mayAsk, subscriptionsMax };
    this.face = new SipFace(options, () => this.snapshot(), seeded(7));
  }

  snapshot(): GatewaySnapshot {
    const facts = { gateway: "gw1.example", bootId: "B0", counter: 3, upMs: 90_000, epoch: null, heard: [] };
    return { ...facts, connections: this.connections, lineEvents: [], ended: [] };
  }

  ask(request: SipRequest, from = alice, nowMs = 0): SipOutput[] {
    return this.face.sipEvent({ kind: "request", key: "k", request, from }, nowMs);
  }

  /** The far side answers a NOTIFY. */
  answer(output: SipOutput | undefined, status: number, nowMs: number): SipOutput[] {
    if (output?.kind !== "request") throw new Error("no request");
    const { reference } = output;
    const response = responseTo(output.request, status);
    return this.face.sipEvent({ kind: "response", key: "k", reference, response, from: alice }, nowMs);
  }
}

function subscribe(headers: ExtraHeaders = {}, uri = "sip:connections@gw1.example"): SipRequest {
  const parsedUri = parseUri(uri);
  if (!parsedUri.ok) throw new Error(parsedUri.reason);
  const event = { token: "dialog", parameters: [] };
  return { ...aRequest("SUBSCRIBE", "sub-1", { event, expiresSeconds: 0, ...headers }), uri: parsedUri.value };
}

function statusOf(output: SipOutput | undefined): number | null {
  return output?.kind === "respond" ? output.response.status : null;
}

function told(output: SipOutput | undefined) {
  if (output?.kind !== "request") return null;
  const { subscriptionState } = output.request.headers;
  const document = parseDialogInfo(bodyText(output.request));
  const parameters = Object.fromEntries((subscriptionState?.parameters ?? []).map(({ name, value }) => [name, value]));
  return {
    to: output.to,
    standing: { state: subscriptionState?.token, ...parameters },
    version: document.ok ? document.value.version : null,
    state: document.ok ? document.value.state : null,
    dialogs: document.ok ? document.value.dialogs.map(({ id, state }) => `${id} ${state}`) : null,
  };
}

test("Expires: 0 gives 200 and one NOTIFY with everything, and nothing stays behind", () => {
  const world = new World();
  const [accepted, notification, ...more] = world.ask(subscribe());
  expect(statusOf(accepted)).toBe(200);
  expect(told(notification)).toEqual({
    to: alice,
    standing: { state: "terminated", reason: "timeout" },
    version: 0,
    state: "full",
    dialogs: ["1F confirmed", "2A confirmed"],
  });
  expect([more, world.face.size, world.face.next()]).toEqual([[], 0, null]);
});

test("the NOTIFY is in the dialog that the 200 made", () => {
  const [accepted, notification] = new World().ask(subscribe());
  if (accepted?.kind !== "respond" || notification?.kind !== "request") throw new Error("no answer");
  expect(tagOf(notification.request.headers.from)).toBe(tagOf(accepted.response.headers.to));
  expect(tagOf(notification.request.headers.to)).toBe("alice-tag");
  expect(formatUri(notification.request.uri)).toBe("sip:alice@192.0.2.1");
  expect(accepted.response.headers.expiresSeconds).toBe(0);
});

test("a line's URI tells that line alone, escaped or not", () => {
  for (const uri of ["sip:aaln/1@gw1.example", "sip:aaln%2F1@gw1.example"])
    expect(told(new World().ask(subscribe({}, uri))[1])?.dialogs).toEqual(["1F confirmed"]);
});

test("strangers, other events, other users, other forms and other methods are each refused by their code", () => {
  const world = new World();
  const status = (request: SipRequest, from = alice) => statusOf(world.ask(request, from)[0]);
  expect(status(subscribe(), { address: "203.0.113.9", port: 5060 })).toBe(403);
  expect(status(subscribe({ event: { token: "presence", parameters: [] } }))).toBe(489);
  expect(status(subscribe({}, "sip:nobody@gw1.example"))).toBe(404);
  expect(status(subscribe({ accept: ["application/pidf+xml"] }))).toBe(406);
  expect(status(subscribe({ expiresSeconds: 10 }))).toBe(423);
  expect(status(subscribe({ require: ["x-unknown"] }))).toBe(420);
  expect(status(subscribe({}, "tel:+15551234"))).toBe(416);
  expect(status(aRequest("REGISTER"))).toBe(405);
  expect(status(aRequest("NOTIFY"))).toBe(481);
  expect(world.face.size).toBe(0);
});

test("OPTIONS is answered with what the gateway can do", () => {
  const [answer] = new World().ask(aRequest("OPTIONS"));
  expect(answer).toMatchObject({ response: { status: 200, headers: { allowEvents: ["dialog"], supported: [] } } });
});

test("a standing subscription hears of changes alone, at most once a second, and of what is gone", () => {
  const world = new World();
  const [, first] = world.ask(subscribe({ expiresSeconds: 600 }));
  expect(told(first)).toMatchObject({ standing: { state: "active", expires: "600" }, state: "full", version: 0 });
  world.answer(first, 200, 50);
  world.connections = [{ ...oneConnection, changedAt: 4, mode: "inactive" }];
  expect(world.face.changed(100)).toEqual([]);
  expect(world.face.next()).toBe(1_000);
  const [second] = world.face.tick(1_000);
  expect(told(second)).toMatchObject({ version: 1, state: "partial", dialogs: ["2A terminated", "1F confirmed"] });
  expect(world.face.changed(3_000)).toEqual([]);
  world.connections = [];
  expect(world.face.changed(4_000)).toEqual([]);
  const [third] = world.answer(second, 200, 4_500);
  expect(told(third)).toMatchObject({ version: 2, dialogs: ["1F terminated"] });
});

test("nothing is sent when nothing of what is observed changed", () => {
  const world = new World();
  const [, first] = world.ask(subscribe({ expiresSeconds: 600 }, "sip:aaln/2@gw1.example"));
  world.answer(first, 200, 50);
  world.connections = world.connections.map((row) => (row.endpoint === "aaln/1" ? { ...row, changedAt: 9 } : row));
  expect(world.face.changed(5_000)).toEqual([]);
});

test("a refresh prolongs the subscription and tells everything; without one it ends with its time", () => {
  const world = new World();
  const [accepted, first] = world.ask(subscribe({ expiresSeconds: 60 }));
  world.answer(first, 200, 50);
  if (accepted?.kind !== "respond") throw new Error("no answer");
  const refresh = subscribe({ expiresSeconds: 120 });
  const inDialog = {
    ...refresh,
    headers: { ...refresh.headers, to: accepted.response.headers.to, cseq: { number: 2, method: "SUBSCRIBE" } },
  };
  const [ok, again] = world.ask(inDialog, alice, 50_000);
  expect([statusOf(ok), told(again)?.state, told(again)?.version]).toEqual([200, "full", 1]);
  world.answer(again, 200, 50_050);
  expect(world.face.next()).toBe(170_000);
  const [end] = world.face.tick(170_000);
  expect(told(end)).toMatchObject({ standing: { state: "terminated", reason: "timeout" }, dialogs: null });
  expect(world.face.size).toBe(0);
  const third = { ...inDialog, headers: { ...inDialog.headers, cseq: { number: 3, method: "SUBSCRIBE" } } };
  expect(statusOf(world.ask(third, alice, 180_000)[0])).toBe(481);
});

test("a subscriber that is gone, or says that it knows nothing of it, is not told any more", () => {
  for (const status of [481, 408]) {
    const world = new World();
    const [, first] = world.ask(subscribe({ expiresSeconds: 600 }));
    expect(world.face.size).toBe(1);
    world.answer(first, status, 100);
    expect([world.face.size, world.face.next()]).toEqual([0, null]);
  }
  const world = new World();
  const [, first] = world.ask(subscribe({ expiresSeconds: 600 }));
  if (first?.kind !== "request") throw new Error("no request");
  world.face.sipEvent({ kind: "failed", key: "k", reference: first.reference, reason: "timeout" }, 32_000);
  expect(world.face.size).toBe(0);
});

test("more subscriptions than there is room for get 503, a one-shot question is still answered", () => {
  const world = new World(1);
  world.ask(subscribe({ expiresSeconds: 600 }));
  const second = {
    ...subscribe({ expiresSeconds: 600 }),
    headers: { ...subscribe({ expiresSeconds: 600 }).headers, callId: "sub-2" },
  };
  expect(statusOf(world.ask(second)[0])).toBe(503);
  expect(statusOf(world.ask(subscribe())[0])).toBe(200);
});

test("a NOTIFY never goes to another host than the asker's, whatever Contact says", () => {
  const contact = [nameAddress(sipUri("x", "203.0.113.66"))];
  expect(told(new World().ask(subscribe({ contact }))[1])?.to).toEqual(alice);
});

test("what does not fit a datagram is told as partial, and the rest a second later to a standing subscriber", () => {
  const world = new World();
  world.connections = Array.from({ length: 120 }, (_, index) => ({
    ...oneConnection,
    connectionId: `C${index}`,
    tag: "x".repeat(200),
  }));
  const [, once] = world.ask(subscribe());
  expect(told(once)).toMatchObject({ standing: { state: "terminated", reason: "too-large" }, state: "partial" });
  let [, next] = world.ask(subscribe({ expiresSeconds: 600 }));
  const ids = new Set<string>();
  for (let nowMs = 100; next !== undefined; nowMs += 2_000) {
    for (const dialog of told(next)?.dialogs ?? []) ids.add(dialog);
    if (next.kind === "request") expect(next.request.body.length).toBeLessThanOrEqual(58_000);
    world.answer(next, 200, nowMs);
    [next] = world.face.tick(nowMs + 1_000);
  }
  expect(ids.size).toBe(120);
});

test("changes that do not fit a datagram are told a second later too", () => {
  const world = new World();
  const many = (changedAt: number) =>
    Array.from({ length: 60 }, (_, index) => ({
      ...oneConnection,
      connectionId: `C${index}`,
      tag: "x".repeat(changedAt === 3 ? 1 : 400),
      changedAt,
    }));
  world.connections = many(3);
  let [, next] = world.ask(subscribe({ expiresSeconds: 600 }));
  world.answer(next, 200, 100);
  world.connections = many(4);
  world.face.changed(200);
  const changed = new Set<string>();
  for (let nowMs = 2_000; nowMs < 20_000; nowMs += 2_000) {
    [next] = world.face.tick(nowMs);
    for (const dialog of told(next)?.dialogs ?? []) changed.add(dialog);
    world.answer(next ?? undefined, 200, nowMs + 100);
    if (changed.size === 60) break;
  }
  expect(changed.size).toBe(60);
});

test("a refresh with another Event id is of no subscription, and ends none", () => {
  const world = new World();
  const [accepted] = world.ask(subscribe({ expiresSeconds: 600 }));
  if (accepted?.kind !== "respond") throw new Error("no answer");
  const event = { token: "dialog", parameters: [{ name: "id", value: "7" }] };
  const other = subscribe({ event, expiresSeconds: 0 });
  const cseq = { number: 2, method: "SUBSCRIBE" };
  const inDialog = { ...other, headers: { ...other.headers, to: accepted.response.headers.to, cseq } };
  expect(world.ask(inDialog).map(statusOf)).toEqual([481]);
  expect(world.face.size).toBe(1);
});

test("what asks for a call by its dialog is the telephones', and OPTIONS that requires the unknown gets 420", () => {
  const { face } = new World();
  for (const method of ["OPTIONS", "INFO", "UPDATE"]) {
    const alone = aRequest(method);
    const to = withTag(alone.headers.to, "gone");
    const request = { ...alone, headers: { ...alone.headers, to } };
    expect(face.owns({ kind: "request", key: "k", request, from: alice })).toBe(false);
    expect(face.owns({ kind: "request", key: "k", request: alone, from: alice })).toBe(true);
  }
  expect(statusOf(new World().ask(aRequest("OPTIONS", "o", { require: ["x-unknown"] }))[0])).toBe(420);
});

test("the telephones' events are not the face's", () => {
  const { face } = new World();
  const from = alice;
  expect(face.owns({ kind: "request", key: "k", request: aRequest("INVITE"), from })).toBe(false);
  expect(face.owns({ kind: "request", key: "k", request: aRequest("BYE"), from })).toBe(false);
  expect(face.owns({ kind: "request", key: "k", request: subscribe(), from })).toBe(true);
  expect(face.owns({ kind: "failed", key: "k", reference: "line/1", reason: "timeout" })).toBe(false);
});
