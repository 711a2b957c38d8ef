import { expect, test } from "vitest";
import { runHoldover } from "../support/programs.js";

test("holdover capacity says how many calls of each kind this box carries", async () => {
  const { exitCode, stdout, stderr } = await runHoldover(["capacity", "--for", "500ms", "--json"], {
    withinMs: 60_000,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const { calls } = JSON.parse(stdout);
  expect(calls.map(({ call }: { call: string }) => call)).toEqual([
    "relayed as it is",
    "G.711 - G.711, other law",
    "G.711 - G.711, digits heard",
    "G.711 - G.722",
    "G.711 - G.726 at 32 kbit/s",
  ]);
  for (const row of calls) {
    expect(row.packetsUs).toBeGreaterThan(0);
    expect(row.calls).toBeGreaterThan(0);
    expect(row.calls).toBeLessThanOrEqual(row.callsByCpu);
  }
});

test("what cannot be measured is said, and no time is no time", async () => {
  const { exitCode, stderr } = await runHoldover(["capacity", "--for", "soon"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('"soon" is no time such as 500ms, 1.5s or 2m');
});
