import { expect, test } from "vitest";
import { TransactionIds } from "../../../../firmware/protocol/mgcp/transaction-ids.js";
import { AskingWindow, lateMs } from "../../../../host/query/asking-window.js";
import type { AuditQuery } from "../../../../host/query/audit-query.js";
import { MgcpQuery } from "../../../../host/query/mgcp-query.js";

const asker = (name: string) => ({ name });

test("who finds no room has a turn when there is some, one question each in the order they came", () => {
  const window = new AskingWindow<{ name: string }>({ first: 1, least: 1, most: 1 });
  const [a, b, c] = [asker("a"), asker("b"), asker("c")];
  expect([window.take(a), window.take(b), window.take(c), window.invite()]).toEqual([true, false, false, null]);
  window.answered();
  // Who was answered does not come before those who wait.
  expect(window.take(a)).toBe(false);
  expect([window.invite(), window.take(b), window.take(b)]).toEqual([b, true, false]);
  window.answered();
  expect([window.invite(), window.take(c), window.invite()]).toEqual([c, true, null]);
  window.leave(a);
  window.answered();
  expect(window.invite()).toBe(b);
  expect(window.isWaiting(b)).toBe(false);
});

test("the window widens while answers come in time and is narrowed once for what was on its way together", () => {
  const window = new AskingWindow<object>({ first: 8, least: 2, most: 10 });
  const ask = (count: number) => Array.from({ length: count }, () => window.take({})).filter(Boolean).length;
  expect(ask(3)).toBe(3);
  for (let answers = 0; answers < 3; answers += 1) window.answered();
  expect(window.size).toBe(10);
  expect(ask(8)).toBe(8);
  window.late(1_000);
  window.late(1_010);
  expect(window.size).toBe(5);
  window.answered();
  expect(window.size).toBe(5);
  for (let answers = 0; answers < 5; answers += 1) window.answered();
  expect(window.size).toBe(6);
  expect(ask(6)).toBe(6);
  for (let late = 0; late < 6; late += 1) window.late(2_000 + late * lateMs);
  expect(window.size).toBe(2);
});

test("an audit that finds no room waits, and one that is silent does not keep it from the others", () => {
  const window = new AskingWindow<AuditQuery>({ first: 1, least: 1, most: 1 });
  const ids = new TransactionIds(() => 0);
  const to = { address: "192.0.2.1", port: 2427 };
  const [silent, waiting] = [
    new MgcpQuery({ gateway: "gw1", to }, () => 0.5, { window, ids }),
    new MgcpQuery({ gateway: "gw2", to }, () => 0.5, { window, ids }),
  ];
  expect(silent.start(0).sends).toHaveLength(1);
  expect(waiting.start(0)).toEqual({ sends: [], outcome: null });
  expect([waiting.next(), window.isWaiting(waiting), window.invite()]).toEqual([null, true, null]);
  silent.tick(lateMs);
  expect(window.invite()).toBe(waiting);
  const [question] = waiting.tick(lateMs).sends;
  // One asker's transactions have one sequence of numbers.
  expect(new TextDecoder().decode(question?.bytes)).toMatch(/^AUEP 2 \*@gw2 MGCP 1\.0/);
});
