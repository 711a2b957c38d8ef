import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { gatewaySound, line, TelephoneOnLine } from "../support/telephone-on-line.js";

const acts = ["dial", "answer", "hang up", "ring", "stop ringing", "ringback", "connect", "release", "wait"] as const;

function perform(pair: TelephoneOnLine, act: (typeof acts)[number]): void {
  const { nowMs } = pair;
  if (act === "dial") pair.atPhone((phone) => phone.dial("201", nowMs));
  else if (act === "answer") pair.atPhone((phone) => phone.answer(nowMs));
  else if (act === "hang up") pair.atPhone((phone) => phone.hangUp(nowMs));
  else if (act === "ring") pair.atGateway((phones) => phones.ring(line, gatewaySound, "205", nowMs));
  else if (act === "stop ringing") pair.atGateway((phones) => phones.stopRinging(line, nowMs));
  else if (act === "ringback") pair.atGateway((phones) => phones.ringback(line, nowMs));
  else if (act === "connect") pair.atGateway((phones) => phones.connect(line, gatewaySound, nowMs));
  else if (act === "release") pair.atGateway((phones) => phones.release(line, nowMs));
}

/** The hook of the line as its events tell it, which is all that management knows. */
function hookOf(pair: TelephoneOnLine): "on-hook" | "off-hook" {
  let hook: "on-hook" | "off-hook" = "on-hook";
  for (const event of pair.said) {
    if (!("line" in event)) continue;
    const { kind } = event;
    if (kind === "off-hook" || kind === "answered") {
      expect(hook, "off-hook while off-hook").toBe("on-hook");
      hook = "off-hook";
    } else if (kind === "on-hook") {
      expect(hook, "on-hook while on-hook").toBe("off-hook");
      hook = "on-hook";
    }
  }
  return hook;
}

const steps = fc.array(fc.tuple(fc.constantFrom(...acts), fc.integer({ min: 0, max: 3000 })), { maxLength: 14 });
const weather = fc.record({
  loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  repetition: fc.double({ min: 0, max: 0.3, noNaN: true }),
});

test.prop([fc.integer(), steps, weather], { numRuns: 150 })(
  "whatever both ends do and the network loses, repeats or reorders, in the end they agree",
  (seed, script, conditions) => {
    const pair = new TelephoneOnLine(seed);
    pair.weather = conditions;
    for (const [act, waitMs] of script) {
      perform(pair, act);
      pair.run(waitMs);
    }
    pair.weather = { loss: 0, repetition: 0 };
    pair.run(100_000);
    const isTalking = pair.telephone.state === "talking" || pair.telephone.state === "calling";
    expect(hookOf(pair)).toBe(isTalking ? "off-hook" : "on-hook");
    pair.atPhone((phone) => phone.hangUp(pair.nowMs));
    pair.run(100_000);
    expect(hookOf(pair)).toBe("on-hook");
    expect(pair.telephone.isSettled).toBe(true);
    pair.atGateway((phones) => phones.ring(line, gatewaySound, "205", pair.nowMs));
    pair.run(500);
    expect(pair.telephone.state).toBe("ringing");
  },
);
