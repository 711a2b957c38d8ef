import { expect, test } from "vitest";
import { DialPlan } from "../../../../host/call-agent/dial-plan.js";

const line = (number: string, endpoint = `aaln/${number}`) => ({ gateway: "gw1.example", endpoint, number });

test("numbers and endpoints find their line, endpoints whatever their case", () => {
  const plan = new DialPlan([line("101", "aaln/1")]);
  expect(plan.lineOf("101")?.endpoint).toBe("aaln/1");
  expect(plan.lineAt("GW1.example", "AALN/1")?.number).toBe("101");
  expect([plan.lineOf("102"), plan.lineAt("gw2.example", "aaln/1")]).toEqual([undefined, undefined]);
});

test("the digit map has one alternative for each first digit and length", () => {
  expect(new DialPlan(["101", "102", "201", "9"].map((number) => line(number))).digitMap).toBe("(1xx|2xx|9)");
});

test("a number that is the beginning of a longer one waits for the timer", () => {
  expect(new DialPlan(["10", "1011"].map((number) => line(number))).digitMap).toBe("(1xT|1xxx)");
});
