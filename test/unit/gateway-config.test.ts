import { expect, test } from "vitest";
import { gatewaySchema } from "../../firmware/config.js";

const least = { name: "gw1.example", callAgents: [{ address: "127.10.0.1" }] };
const user = { name: "backup", authentication: "an authentication passphrase", privacy: "a privacy passphrase" };

function complaint(snmp: unknown, stateFile: string | undefined = "state"): string {
  const checked = gatewaySchema.safeParse({ ...least, snmp, stateFile });
  return checked.success ? "" : checked.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join();
}

test("an SNMPv3 user is under authPriv unless configured lower", () => {
  const checked = gatewaySchema.parse({ ...least, snmp: { users: [user] }, stateFile: "state" });
  expect(checked.snmp?.users).toEqual([{ ...user, level: "authPriv" }]);
  expect(complaint({ users: [{ name: "open", level: "noAuthNoPriv" }] })).toBe("");
});

test.each([
  ["neither community nor users", {}, "community (v2c), users (v3), notify"],
  ["authPriv without a privacy passphrase", { users: [{ ...user, privacy: undefined }] }, "authPriv needs"],
  ["a short passphrase", { users: [{ ...user, privacy: "short" }] }, "privacy"],
  ["two users of one name", { users: [user, user] }, "a name twice"],
  ["a receiver of nobody", { users: [user], notify: [{ address: "127.0.0.1" }] }, "a community (v2c) or a user"],
  ["a receiver of a stranger", { users: [user], notify: [{ address: "127.0.0.1", user: "x" }] }, "not among users"],
  ["a name with a colon", { users: [{ ...user, name: "a:b" }] }, "without blanks and colons"],
])("%s is refused in words", (_what, snmp, words) => {
  expect(complaint(snmp)).toContain(words);
});

test("users without a state file are refused: nobody would count the engine's starts", () => {
  const checked = gatewaySchema.safeParse({ ...least, snmp: { users: [user] } });
  expect(checked.error?.issues[0]?.message).toContain("counted in it");
});
