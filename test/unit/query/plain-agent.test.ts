import { expect, test } from "vitest";
import { text } from "../../../firmware/protocol/mib/textual-convention.js";
import { type PlainAgent, plainAgentIn, plainAgentNames, withoutTables } from "../../../host/query/plain-agent.js";

const values = [text.write("plain.example"), text.write("Linux plain 6.1"), { type: "ticks" as const, value: 1_234 }];
const answer = plainAgentNames.map((name, place) => ({ name, value: values[place] ?? { type: "null" as const } }));
const nothing: PlainAgent = { name: null, description: null, upMs: null };
const missing = "no HOLDOVER-MIB under 1.3.6.1 and no session in RTP-MIB: which connections there are it cannot tell";

test("an agent tells its name, what it is, and how long it is up", () => {
  expect(plainAgentIn(answer)).toEqual({ name: "plain.example", description: "Linux plain 6.1", upMs: 12_340 });
});

test("what it does not tell, or not so that it could be shown, is not known", () => {
  expect(plainAgentIn([])).toEqual(nothing);
  const [name, ...more] = answer;
  const shouting = { name: name?.name ?? [], value: text.write("\u001b[2J") };
  expect(plainAgentIn([shouting, ...more]).name).toBeNull();
});

test("what was learnt of it is said with what was not", () => {
  const agent = plainAgentIn(answer);
  expect(withoutTables(agent, "gw1.example", [1, 3, 6, 1])).toBe(
    `the agent there calls itself "plain.example", says that it is "Linux plain 6.1", is up for 12 s, and has ${missing}`,
  );
  expect(withoutTables({ ...nothing, name: "gw1.example" }, "gw1.example", [1, 3, 6, 1])).toBe(
    `the agent there has ${missing}`,
  );
});
