import { expect, test } from "vitest";
import { countedAddress, countedNumber, parsePhoneCommand, recordingOf } from "../../../firmware/phone/phone-bank.js";

test("numbers and addresses are counted up, zeros and octets carried", () => {
  expect(countedNumber("101", 2)).toEqual({ ok: true, value: "103" });
  expect(countedNumber("009", 1)).toEqual({ ok: true, value: "010" });
  expect(countedNumber("alice", 0)).toEqual({ ok: true, value: "alice" });
  expect(countedNumber("alice", 1).ok).toBe(false);
  expect(countedAddress("127.10.1.1", 2)).toEqual({ ok: true, value: "127.10.1.3" });
  expect(countedAddress("127.10.1.255", 1)).toEqual({ ok: true, value: "127.10.2.0" });
  expect(countedAddress("255.255.255.255", 1).ok).toBe(false);
  expect(countedAddress("::1", 1).ok).toBe(false);
});

test("the number is put before the end of a recording's name", () => {
  expect(recordingOf("calls/b.wav", "202")).toBe("calls/b-202.wav");
  expect(recordingOf("calls.d/b", "202")).toBe("calls.d/b-202");
});

test("commands are read, and what is none is refused by saying what there is", () => {
  expect(parsePhoneCommand(" dial 201 ")).toEqual({ ok: true, value: { kind: "dial", to: "201", telephone: null } });
  expect(parsePhoneCommand("dial 201 101")).toEqual({ ok: true, value: { kind: "dial", to: "201", telephone: "101" } });
  expect(parsePhoneCommand("hang-up 101")).toEqual({ ok: true, value: { kind: "hang-up", telephone: "101" } });
  expect(parsePhoneCommand("answer")).toEqual({ ok: true, value: { kind: "answer", telephone: null } });
  expect(parsePhoneCommand("quit")).toEqual({ ok: true, value: { kind: "quit" } });
  expect(parsePhoneCommand("dial")).toMatchObject({ ok: false, reason: expect.stringContaining("hang-up [NUMBER]") });
  expect(parsePhoneCommand("x".repeat(201)).ok).toBe(false);
});
