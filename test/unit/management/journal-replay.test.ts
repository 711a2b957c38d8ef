import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { writeRecord } from "../../../firmware/management/journal-record.js";
import { replayJournal } from "../../../firmware/management/journal-replay.js";
import { oneConnection } from "../../support/one-connection.js";

const options = { gateway: "gw1.example", entriesMax: 100, checkpointMs: 10_000 };
const machine = "0f4c1a52-92a1-4b7e-9d0a-3f7f9b8f6c11";
const written = readFileSync(new URL("../../vectors/journal/version-1.journal", import.meta.url));
const wallMs = Date.UTC(2026, 10, 22, 18, 40);

describe("a journal of format version 1", () => {
  test("tells what nobody acknowledged, and what was up when the gateway died, as of its last sign of life", () => {
    const kept = replayJournal(written, { atMs: 95_000, wallMs: wallMs + 34_000, machine }, options);
    expect(kept).toMatchObject({ ok: true, value: { damaged: 1, cutOff: 1, lastSequence: 4 } });
    expect(kept.ok && kept.value.entries).toMatchObject([
      { atMs: 65_500, event: { sequence: 2, kind: "answer", callId: "C001", bootId: "5F3A9C01" } },
      {
        atMs: 70_000,
        ended: { sequence: 3, reason: "deleted", connection: { connectionId: "A2", durationMs: 4_000 } },
      },
      {
        atMs: 80_000,
        ended: {
          sequence: 4,
          reason: "gateway",
          errorMs: 10_000,
          bootId: "5F3A9C01",
          connection: { connectionId: "A1", state: "ended", durationMs: 14_490, tag: "v=1;from=101;to=201" },
        },
      },
    ]);
  });

  test("is carried over a restart of the machine by its wall clock", () => {
    const now = { atMs: 5_000, wallMs: wallMs + 119_000, machine: "another run" };
    const kept = replayJournal(written, now, options);
    expect(kept.ok && kept.value.entries.map(({ atMs }) => now.atMs - atMs)).toEqual([114_500, 110_000, 100_000]);
  });

  test("of a machine whose clock was set back ended no later than now", () => {
    const now = { atMs: 5_000, wallMs: wallMs - 3_600_000, machine: "another run" };
    const kept = replayJournal(written, now, options);
    expect(kept.ok && kept.value.entries.map(({ atMs }) => now.atMs - atMs)).toEqual([14_500, 10_000, 0]);
  });
});

test("a connection that was answered and never carried media ends with its tag, and without a duration", () => {
  const tag = "v=1;from=101;to=201";
  const connection = { ...oneConnection, state: "setting-up", startedWallMs: null, durationMs: 0, tag } as const;
  const behind = [
    writeRecord({ kind: "active", atMs: 81_000, connection }),
    writeRecord({ kind: "alive", atMs: 90_000, wallMs: wallMs + 29_000 }),
  ];
  const bytes = Buffer.concat([written, Buffer.from(`\n${behind.join("")}`)]);
  const kept = replayJournal(bytes, { atMs: 95_000, wallMs: wallMs + 34_000, machine }, options);
  const last = { state: "ended", durationMs: 0, startedWallMs: null, tag };
  expect(kept.ok && kept.value.entries.at(-1)).toMatchObject({
    atMs: 90_000,
    ended: { reason: "gateway", connection: last },
  });
});

test("what is no journal, or one of a later version, is refused with what to do", () => {
  const start = { atMs: 0, wallMs, machine };
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(replayJournal(bytes("hello\n"), start, options)).toEqual({
    ok: false,
    reason: "is no journal; move it away to start without one",
  });
  expect(replayJournal(bytes(writeRecord({ kind: "format", version: 2 })), start, options)).toEqual({
    ok: false,
    reason: "is a journal of format 2; this program knows 1",
  });
});
