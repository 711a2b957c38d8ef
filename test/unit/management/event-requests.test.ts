import { beforeEach, describe, expect, test } from "vitest";
import { digitTimerDefaults } from "#protocol/mgcp/digit-collector.js";
import { eventMatches } from "../../../firmware/management/event-match.js";
import {
  type EventRequest,
  EventRequests,
  loadDigitMap,
  type RequestStep,
} from "../../../firmware/management/event-requests.js";
import { eventNames, eventTexts, requestedEvents } from "../../support/event-request-texts.js";

let requests: EventRequests;
let refusal: number | null;
let nowMs: number;

beforeEach(() => {
  nowMs = 0;
  refusal = null;
  const options = { quarantineMax: 4, observedMax: 8, digitTimers: digitTimerDefaults };
  requests = new EventRequests(options, () => refusal);
});

function request(
  requestIdentifier: string,
  wanted: string,
  more: Partial<EventRequest> & { map?: string } = {},
): string {
  const { map, ...rest } = more;
  const loaded = map === undefined ? null : loadDigitMap(map);
  const whole = {
    requestIdentifier,
    requestedEvents: requestedEvents(wanted),
    digitMap: loaded?.ok === true ? loaded.value : null,
    quarantine: { loop: false, process: true },
    detectEvents: null,
    persistentEvents: null,
    ...rest,
  };
  return told(requests.request(whole, nowMs));
}

/** `1:L/hd` for a Notify of request 1, `stop` for signals that stop, `S:L/dl` for those of an embedded request. */
function told(steps: readonly RequestStep[]): string {
  const texts = steps.map((step) => {
    if (step.kind === "stop-signals") return "stop";
    if (step.kind === "apply-signals") return `S:${eventTexts(step.signals)}`;
    return `${step.notification.requestIdentifier}:${eventTexts(step.notification.observedEvents)}`;
  });
  return texts.join(" ");
}

const observe = (...texts: string[]): string =>
  texts.flatMap((text) => eventNames(text).map((event) => told(requests.observe(event, nowMs)))).join("|");
const notified = (...texts: string[]) =>
  observe(...texts)
    .replaceAll("stop", "")
    .replaceAll("|", "")
    .trim();
const answered = () => told(requests.answered(nowMs)).replaceAll("stop", "").trim();

describe("notification state (RFC 3435 section 4.4.1)", () => {
  test("step: after the answer the events wait for the next request", () => {
    request("1", "L/hd,L/hu");
    expect(notified("L/hd")).toBe("1:L/hd");
    expect([notified("L/hu"), requests.notificationState]).toEqual(["", "notification"]);
    expect([answered(), requests.notificationState]).toEqual(["", "lockstep"]);
    expect(request("2", "L/hu")).toBe("stop 2:L/hu");
  });

  test("loop: after the answer the next event that asks for it is notified under the same request", () => {
    request("1", "L/hd,L/hu", { quarantine: { loop: true, process: true } });
    expect(notified("L/hd", "L/hu", "L/hd")).toBe("1:L/hd");
    expect([answered(), answered(), answered()]).toEqual(["1:L/hu", "1:L/hd", ""]);
    expect(requests.notificationState).toBe("other");
  });

  test("a request in notification state is in force at once, and its events are told after the answer", () => {
    request("1", "L/hd,L/hu");
    notified("L/hd", "L/hu");
    expect(request("2", "L/hu(N)")).toBe("");
    expect([requests.current.requestIdentifier, requests.notificationState]).toEqual(["2", "notification"]);
    expect(answered()).toBe("2:L/hu");
  });

  test("discard forgets what waits, and what was accumulated", () => {
    request("1", "L/hd(A),L/hf");
    notified("L/hd");
    expect(requests.observed.length).toBe(1);
    expect(request("2", "L/hd", { quarantine: { loop: false, process: false } })).toBe("");
    expect(requests.observed).toEqual([]);
  });

  test("process looks at what was accumulated again, under the new request", () => {
    request("1", "L/hd(A),L/hf");
    notified("L/hd");
    expect(request("2", "L/hd(N)")).toContain("2:L/hd");
  });

  test("what is neither requested, nor to be detected, nor persistent is not even quarantined", () => {
    request("1", "L/hd", { detectEvents: eventNames("L/hf"), persistentEvents: requestedEvents("D/1(N)") });
    notified("L/hd", "L/hu", "L/hf", "D/1");
    answered();
    expect(request("2", "L/hu,L/hf(A)", { persistentEvents: [] })).not.toContain("2:");
    expect(eventTexts(requests.observed)).toBe("L/hf");
  });

  test("a persistent event is notified without being requested; a requested action goes before it", () => {
    request("1", "L/hu(I)", { persistentEvents: requestedEvents("L/hd(N),L/hu(N)") });
    expect(notified("L/hu")).toBe("");
    expect(notified("L/hd")).toBe("1:L/hd");
    answered();
    request("2", "");
    expect(notified("L/hu")).toBe("2:L/hu");
  });

  test("beyond the quarantine events are lost, and one overflow event says so", () => {
    request("1", "L/hd,D/[0-9](A),B/qbo(N)");
    notified("L/hd", "D/1", "D/2", "D/3", "D/4", "D/5", "D/6");
    answered();
    expect(requests.dropped).toBe(2);
    expect(request("2", "D/[0-9](A),B/qbo(N)").replaceAll("stop ", "")).toBe("2:D/1,D/2,D/3,D/4,B/qbo");
  });

  test("a full list of observed events says so, and what comes after is lost", () => {
    request("1", "D/[0-9](A),B/oef(A),L/hu");
    notified(..."12345678".split("").map((digit) => `D/${digit}`), "D/9");
    expect(notified("L/hu")).toBe("1:D/1,D/2,D/3,D/4,D/5,D/6,D/7,D/8,B/oef");
  });

  test("a Notify that reached nobody is told to the next who asks, before what came later", () => {
    request("1", "L/hu,L/hd");
    notified("L/hu", "L/hd");
    requests.undelivered(nowMs);
    expect(requests.notificationState).toBe("notification");
    expect(request("7", "L/hu,L/hd")).toBe("stop 7:L/hu");
    answered();
    expect(request("8", "L/hu,L/hd")).toBe("stop 8:L/hd");
  });

  test("a Notify that reached nobody is told to nobody, where a request discards what was before it", () => {
    request("1", "L/hu,L/hd");
    notified("L/hd");
    expect(request("7", "L/hd", { quarantine: { loop: false, process: false } })).toBe("");
    expect(told(requests.refused(nowMs))).toBe("");
    expect(notified("L/hd")).toBe("7:L/hd");
  });

  test("an agent that is there again ends the wait for the answer: loop goes on, step waits for a request", () => {
    request("1", "L/hu");
    notified("L/hu");
    requests.undelivered(nowMs);
    expect([told(requests.reconnected(nowMs)), requests.notificationState]).toEqual(["", "lockstep"]);
    request("2", "L/hd", { quarantine: { loop: true, process: true } });
    notified("L/hd");
    requests.undelivered(nowMs);
    expect(told(requests.reconnected(nowMs))).toBe("stop 2:L/hd");
  });
});

describe("actions (section 2.3.3)", () => {
  test("signals stop when a requested event is detected, ignored ones too, unless they are kept", () => {
    request("1", "L/hf(I),L/hd(I,K),L/hu(K,A),D/1(A)");
    expect(observe("L/hf", "L/hd", "L/hu", "D/1", "D/2")).toBe("stop|||stop|");
  });

  test("an embedded request replaces the one around it, with its signals and its map", () => {
    request("1", "L/hd(A,E(R(D/[0-9#T](D),L/hu(N)),S(L/dl),D(xx)))");
    expect(observe("L/hd")).toBe("stop S:L/dl");
    expect(requests.current.requestedEvents.map(({ event }) => event)).toEqual(["[0-9#T]", "hu"]);
    expect(notified("D/1", "D/2")).toBe("1:L/hd,D/1,D/2");
  });

  test("with notify and loop the mini-script goes on after the answer", () => {
    request("1", "L/hd(N,E(R(L/hu(N)),S(L/dl)))", { quarantine: { loop: true, process: true } });
    expect(observe("L/hd")).toBe("stop S:L/dl 1:L/hd");
    expect(notified("L/hu")).toBe("");
    expect(answered()).toBe("1:L/hu");
  });

  test("one that cannot be carried out is a failure event, and the request around it stays", () => {
    refusal = 401;
    request("1", "L/hd(E(R(L/hu(N),B/enf(N)),S(L/rg)))");
    expect(observe("L/hd")).toBe("stop stop 1:B/enf(401)");
    expect(requests.current.requestedEvents.length).toBe(1);
  });
});

describe("digits", () => {
  test("a number is one Notify when the map has a match, or can have none any more", () => {
    request("1", "D/[0-9#*T](D),L/hu", { map: "(2xx|0T)" });
    expect([notified("D/2", "D/0"), notified("D/1")]).toEqual(["", "1:D/2,D/0,D/1"]);
    answered();
    request("2", "D/[0-9](D)");
    expect(notified("D/9")).toBe("2:D/9");
  });

  test("other events stand between the digits in the order they happened", () => {
    request("1", "D/[0-9](D),L/hf(A)", { map: "xxx" });
    expect(notified("D/1", "L/hf", "D/2", "D/3")).toBe("1:D/1,L/hf,D/2,D/3");
  });

  test("timer T is 16 s while digits are missing, and 4 s where only it is missing", () => {
    request("1", "D/[0-9T](D)", { map: "(xxxx|1T)" });
    notified("D/1");
    expect(requests.next()).toBe(4_000);
    notified("D/2");
    expect(requests.next()).toBe(16_000);
    nowMs = 16_000;
    expect(told(requests.tick(nowMs))).toBe("stop 1:D/1,D/2,D/T");
    expect(requests.next()).toBeNull();
  });

  test("timer T for itself starts with the request and ends with the first digit", () => {
    request("1", "D/[0-9](N),D/T(N)");
    expect(requests.next()).toBe(4_000);
    nowMs = 4_000;
    expect(told(requests.tick(nowMs))).toContain("1:D/T");
    answered();
    request("2", "D/[0-9](A),D/T(N)");
    notified("D/1");
    expect(requests.next()).toBeNull();
  });

  test("a number sent all at once is dialled when digits are asked for, and its timer ends nothing by itself", () => {
    request("1", "L/hd");
    notified("L/hd");
    expect(told(requests.dialled(eventNames("D/2,D/0,D/1,D/T"), nowMs))).toBe("");
    answered();
    expect(request("2", "L/hu,D/[0-9#*T](D)", { map: "(2xx)" })).toContain("2:D/2,D/0,D/1");
    answered();
    expect(request("3", "L/hu,D/[0-9#*T](D)")).toBe("");
  });

  test("who hangs up has dialled nothing", () => {
    request("1", "L/hd");
    notified("L/hd");
    requests.dialled(eventNames("D/2,D/0,D/1,D/T"), nowMs);
    notified("L/hu");
    answered();
    expect(request("2", "D/[0-9#*T](D)", { map: "(2xx)" })).toBe("");
  });
});

test("a range asks for its letters alone, and the star is a key", () => {
  const letters = (wanted: string) =>
    [..."0123456789*#ABCDT"].filter((one) =>
      eventNames(`D/${one}`).some((event) => eventNames(wanted).some((name) => eventMatches(name, event))),
    );
  expect(letters("D/[0-9#*T]").join("")).toBe("0123456789*#T");
  expect(letters("D/[2-4]").join("")).toBe("234");
  expect(letters("D/X").join("")).toBe("0123456789");
  expect(letters("D/*").join("")).toBe("*");
  expect(letters("D/all").length).toBe(17);
  expect(letters("*/all").length).toBe(17);
});

test("on a connection: a wildcard, its number, or any where none is given", () => {
  const matches = (wanted: string, observed: string) =>
    eventNames(wanted).some((name) => eventNames(observed).some((event) => eventMatches(name, event)));
  expect(["R/ma", "R/ma@*", "R/ma@1f", "R/ma@2F", "*/ma@1F"].map((wanted) => matches(wanted, "R/ma@1F"))).toEqual([
    true,
    true,
    true,
    false,
    true,
  ]);
  expect(matches("L/hd@*", "L/hd")).toBe(false);
});
