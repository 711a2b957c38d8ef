import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "../../host/cli/demo/program.js";
import { holdoverBin } from "../support/programs.js";
import { seededRandom } from "../support/seeded-random.js";
import { WireCallAgent } from "../support/wire-call-agent.js";

const place = { address: "127.40.4.1", port: 2427 };
const farSide = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
const kills = 12;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const random = seededRandom(seed);

const folder = mkdtempSync(join(tmpdir(), "holdover-journal-"));
const configuration = join(folder, "gateway.yaml");
let agent: WireCallAgent;

beforeAll(async () => {
  writeFileSync(
    configuration,
    JSON.stringify({
      name: "mgw",
      address: place.address,
      media: { network: "portable", portFirst: 31_000, portLast: 32_998 },
      callAgents: [{ address: "127.40.4.2" }],
      relay: { count: 400 },
      journal: { file: join(folder, "gw.journal"), checkpointSeconds: 1, syncSeconds: 0.05 },
    }),
  );
  agent = await WireCallAgent.open({ address: "127.40.4.2", port: 2727 }, place);
});

afterAll(() => {
  agent.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the gateway has answered for: connections made and not given to be deleted, and deleted ones. */
interface Promised {
  readonly up: Set<string>;
  readonly deleting: Set<string>;
  readonly deleted: Set<string>;
}

async function commandUntilDead(promised: Promised): Promise<void> {
  for (;;) {
    const mode = ["C: A1", "M: sendrecv", "L: a:PCMU"];
    const made = await agent.command("CRCX", "relay/$@mgw", mode, farSide);
    if (made.code !== 200) throw new Error(made.text);
    const id = made.parameters.get("I") ?? "";
    const endpoint = made.parameters.get("Z") ?? "";
    promised.up.add(id);
    if (random() < 0.3 && promised.up.size < 100) continue;
    promised.up.delete(id);
    promised.deleting.add(id);
    const gone = await agent.command("DLCX", endpoint, ["C: A1", `I: ${id}`]);
    if (gone.code !== 250) throw new Error(gone.text);
    promised.deleting.delete(id);
    promised.deleted.add(id);
  }
}

interface Told {
  readonly boot: string;
  readonly lastSequence: number;
  /** By connection id, what the line of its end says. */
  readonly ended: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly active: number;
}

/** Every page of our audit, read without the project's own parser. */
async function audit(): Promise<Told> {
  const ended = new Map<string, Map<string, string>>();
  let [boot, lastSequence, active] = ["", 0, 0];
  for (let after: string | null = ""; after !== null; ) {
    const { text } = await agent.command("AUEP", "*@mgw", [`x-ho/A: max=60000${after}`]);
    after = null;
    for (const line of text.split("\r\n")) {
      const [name = "", value = ""] = line.split(": ", 2);
      const fields = new Map(
        value.split(";").map((field): [string, string] => [field.split("=")[0] ?? "", field.split("=")[1] ?? ""]),
      );
      if (name === "x-ho/B") boot = fields.get("boot") ?? "";
      if (name === "x-ho/R") active += 1;
      if (name === "x-ho/N") after = `;after=${value}`;
      if (name !== "x-ho/D") continue;
      ended.set(fields.get("id") ?? "", fields);
      lastSequence = Math.max(lastSequence, Number(fields.get("q")));
    }
  }
  return { boot, lastSequence, ended, active };
}

test(`a gateway killed at ${kills} moments tells afterwards of every connection it answered for (seed ${seed})`, async () => {
  let promised: Promised = { up: new Set(), deleting: new Set(), deleted: new Set() };
  let answeredFor = 0;
  for (let round = 0; round <= kills; round += 1) {
    const program = new Program(
      holdoverBin,
      { title: "gateway", args: ["gateway", "-c", configuration] },
      () => undefined,
    );
    await program.event("listening", ({ event }) => event === "listening", 20_000);
    const { boot, lastSequence, ended, active } = await audit();
    expect(active).toBe(0);
    expect([...promised.up, ...promised.deleted].filter((id) => !ended.has(id))).toEqual([]);
    expect([...promised.up].filter((id) => ended.get(id)?.get("why") !== "gateway")).toEqual([]);
    expect([...promised.deleted].filter((id) => ended.get(id)?.get("why") !== undefined)).toEqual([]);
    // None is told that was not: one more may have been made, or deleted, whose answer was not heard any more.
    const known = new Set([...promised.up, ...promised.deleting, ...promised.deleted]);
    answeredFor += known.size;
    expect([...ended.keys()].filter((id) => !known.has(id)).length).toBeLessThanOrEqual(1);
    if (lastSequence > 0) await agent.command("AUEP", "*@mgw", [`x-ho/A: ack=${boot}:${lastSequence}`]);
    promised = { up: new Set(), deleting: new Set(), deleted: new Set() };
    // What is under way when it dies gets no answer any more.
    void commandUntilDead(promised).catch(() => undefined);
    await pause(5 + 300 * random());
    if (round < kills) await program.kill();
    else await program.end();
  }
  expect(answeredFor).toBeGreaterThan(kills);
});
