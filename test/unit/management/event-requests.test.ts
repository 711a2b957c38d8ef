import { expect, test } from "vitest";
import type { EventName, RequestedAction, RequestedEvent } from "#protocol/mgcp/message.js";
import { EventRequests, eventMatches } from "../../../firmware/management/event-requests.js";

const event = (text: string): EventName => {
  const [packageName = "", name = ""] = text.split("/");
  return { packageName, event: name, connectionId: null, parameters: [] };
};
const asked = (text: string, kind: Exclude<RequestedAction["kind"], "embedded" | "extension">): RequestedEvent => ({
  ...event(text),
  actions: [{ kind }],
});
const request = (
  requestIdentifier: string,
  requestedEvents: readonly RequestedEvent[],
  digitMap: string | null = null,
) => ({
  requestIdentifier,
  requestedEvents,
  digitMap,
});

test("off-hook and a number dialled at once become two notifications under two requests", () => {
  const requests = new EventRequests({ quarantineMax: 8 });
  expect(requests.request(request("1", [asked("L/hd", "notify")]))).toBeNull();
  const offHook = requests.observe(event("L/hd"));
  expect(offHook).toEqual({ requestIdentifier: "1", observedEvents: [event("L/hd")] });
  for (const digit of ["D/2", "D/0", "D/1", "D/T"]) expect(requests.observe(event(digit))).toBeNull();
  const dialled = requests.request(request("2", [asked("L/hu", "notify"), asked("D/[0-9#*T]", "digits")], "(2xx)"));
  expect(dialled).toEqual({ requestIdentifier: "2", observedEvents: [event("D/2"), event("D/0"), event("D/1")] });
});

test("a Notify that reached nobody is told to the next who asks, before what came later", () => {
  const requests = new EventRequests({ quarantineMax: 8 });
  requests.request(request("1", [asked("L/hu", "notify")]));
  requests.observe(event("L/hu"));
  requests.observe(event("L/hd"));
  requests.undelivered();
  expect(requests.request(request("7", [asked("L/hu", "notify"), asked("L/hd", "notify")]))).toEqual({
    requestIdentifier: "7",
    observedEvents: [event("L/hu")],
  });
  expect(requests.request(request("8", [asked("L/hu", "notify"), asked("L/hd", "notify")]))?.observedEvents).toEqual([
    event("L/hd"),
  ]);
});

test("events that nobody asked for are ignored, and the quarantine has an end that is counted", () => {
  const requests = new EventRequests({ quarantineMax: 2 });
  requests.request(request("1", [asked("L/hd", "notify")]));
  expect(requests.observe(event("L/hu"))).toBeNull();
  requests.observe(event("L/hd"));
  for (const digit of ["D/1", "D/2", "D/3"]) requests.observe(event(digit));
  expect(requests.dropped).toBe(1);
});

test("digits that can match no string of the map are reported as well", () => {
  const requests = new EventRequests({ quarantineMax: 8 });
  requests.request(request("1", [asked("D/[0-9]", "digits")], "(2xx)"));
  expect(requests.observe(event("D/9"))?.observedEvents).toEqual([event("D/9")]);
});

test("a range asks for its letters alone", () => {
  const letters = (range: string) =>
    [..."0123456789*#ABCDT"].filter((one) => eventMatches(event(`D/${range}`), event(`D/${one}`)));
  expect(letters("[0-9#*T]").join("")).toBe("0123456789*#T");
  expect(letters("[2-4]").join("")).toBe("234");
  expect(letters("*").length).toBe(17);
  expect(eventMatches(event("L/hd"), event("L/hu"))).toBe(false);
});
