/** What an operator does to a running exchange: looks at its calls, and puts the other call server in charge. */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallsReply } from "../../host/control/control-message.js";
import { Exchange, named } from "../support/exchange.js";
import { linesOf, runHoldover } from "../support/programs.js";

const exchange = new Exchange({ net: 8, backup: true });
const configOf = (role: "primary" | "backup") => join(exchange.folder, `${role}.yaml`);
const socketOf = (role: "primary" | "backup") => join(exchange.folder, `${role}.db.control`);

beforeAll(async () => {
  await exchange.start();
  await exchange.call();
});

afterAll(() => exchange.end());

async function calls(role: "primary" | "backup"): Promise<CallsReply> {
  const { exitCode, stdout, stderr } = await runHoldover(["calls", "-c", configOf(role), "--json"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout);
}

/** What any program may write into the socket. */
function written(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(socketOf("primary"), () => socket.write(text));
    socket.setEncoding("utf8").on("data", (part: string) => {
      answer += part;
    });
    socket.once("error", reject).once("end", () => resolve(answer));
  });
}

describe("a running exchange, in its operator's hands", () => {
  test("shows its calls: in hand at the server in charge, by the polls at the one that stands by", async () => {
    const inHand = { state: "talking", known: "in hand", callingNumber: "101", calledNumber: "201", connections: 2 };
    await expect
      .poll(() => calls("primary"), { timeout: 10_000 })
      .toMatchObject({ server: "primary", role: "active", calls: [inHand] });
    await expect
      .poll(async () => (await calls("backup")).calls, { timeout: 10_000 })
      .toMatchObject([{ state: "up", known: "polled", callingNumber: "101", calledNumber: "201", connections: 2 }]);
    const { stdout } = await runHoldover(["calls", "-c", configOf("primary")]);
    expect(linesOf(stdout)).toEqual([
      expect.stringMatching(/^primary is active, epoch \d+: 1 calls$/),
      expect.stringMatching(/^call +state /),
      expect.stringMatching(/ talking +in hand +101 +201 +0:\d\d +aaln\/1@gw1.example +aaln\/1@gw2.example +2$/),
    ]);
  });

  test("is asked by its owner alone, and what is no request is told so", async () => {
    expect(statSync(socketOf("primary")).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await written("shut down\n"))).toEqual({ ok: false, reason: "not a request" });
    expect(JSON.parse(await written('{"command":"stop"}\n'))).toMatchObject({ ok: false });
    expect(JSON.parse(await written("x".repeat(5_000)))).toEqual({ ok: false, reason: "request above 1024 bytes" });
  });

  test("a second call server with the same store does not start", async () => {
    const { exitCode, stderr } = await runHoldover(["call-server", "-c", configOf("primary")]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("another call server runs with this store");
  });

  test("is taken over by the backup at a word, the call goes on, and back again", async () => {
    const { exitCode, stdout } = await runHoldover(["switchover", "-c", configOf("backup")]);
    expect(exitCode).toBe(0);
    expect(linesOf(stdout)).toEqual([
      expect.stringMatching(/^backup took over from primary in \d+ ms$/),
      "  calls that go on: 1",
      "  ended meanwhile:  0",
    ]);
    await expect.poll(async () => (await calls("primary")).role, { timeout: 5_000 }).toBe("standby");
    const [call] = (await calls("backup")).calls;
    expect(call).toMatchObject({ state: "talking", known: "in hand" });
    const again = await runHoldover(["switchover", "-c", configOf("backup")]);
    expect([again.exitCode, again.stdout]).toEqual([0, "backup is already in charge; nothing was done\n"]);
    const back = await runHoldover(["switchover", "-c", configOf("primary"), "--json"]);
    expect(JSON.parse(back.stdout)).toMatchObject({ ok: true, outcome: "took over", facts: { from: "backup" } });
    expect((await calls("primary")).calls).toMatchObject([{ callId: call?.callId, state: "talking" }]);
  });

  test("a server that was killed is said to be gone, and starts again over what it left behind", async () => {
    await exchange.program("primary").kill();
    const { exitCode, stderr } = await runHoldover(["calls", "-c", configOf("primary")]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("no call server runs at")]);
    await exchange.program("backup").event("taking over", named("takeover"), 10_000);
    const { exitCode: started } = await runHoldover(["call-server", "-c", configOf("primary")], {
      endAfter: (text) => text.includes('"listening"'),
    });
    expect(started).toBe(0);
  });

  test("a configuration that names another place for the socket is told what is wrong with it", async () => {
    const folder = join(exchange.folder, "occupied");
    mkdirSync(folder);
    const gateways = [{ domain: "gw1", address: "127.0.0.2", lines: { count: 1, firstNumber: "1" } }];
    const config = { server: "ca", address: "127.0.0.1", store: { file: join(folder, "ca.db") }, gateways };
    const file = join(folder, "ca.yaml");
    for (const [socket, reason] of [
      [folder, "is there and is no socket"],
      [join(folder, "x".repeat(120)), "is longer than 107 bytes"],
    ]) {
      writeFileSync(file, JSON.stringify({ ...config, control: { socket } }));
      const { exitCode, stderr } = await runHoldover(["call-server", "-c", file]);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(reason ?? "")]);
    }
  });
});
