import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { Journal } from "../../../firmware/management/journal.js";
import { emptyJournal } from "../../../firmware/management/journal-entry.js";
import { JournalLog } from "../../../firmware/management/journal-log.js";
import { type ReplayedJournal, replayJournal } from "../../../firmware/management/journal-replay.js";
import type { ActiveConnection } from "../../../firmware/protocol/active-connection.js";
import { aConnection } from "../../support/arbitraries.js";

const gateway = "gw1.example";
const options = { gateway, entriesMax: 50, checkpointMs: 5_000 };
const start = { atMs: 1_000, wallMs: 1_700_000_000_000, machine: "m1" };

type Doing =
  | { readonly kind: "event"; readonly endpoint: string }
  | { readonly kind: "up" | "down"; readonly which: number }
  | { readonly kind: "ack"; readonly first: number; readonly length: number }
  | { readonly kind: "wait"; readonly ms: number };

const aDoing: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ kind: fc.constant("event" as const), endpoint: fc.constantFrom("aaln/1", "aaln/2") }),
  fc.record({ kind: fc.constantFrom("up" as const, "down" as const), which: fc.nat({ max: 5 }) }),
  fc.record({ kind: fc.constant("ack" as const), first: fc.integer({ min: 1, max: 40 }), length: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat({ max: 9_000 }) }),
);
const someConnections = fc
  .array(aConnection(gateway), { minLength: 6, maxLength: 6 })
  .map((connections) =>
    connections.map(
      (connection, index): ActiveConnection => ({ ...connection, connectionId: `A${index}`, state: "up" }),
    ),
  );

/** What a reader must find after each turn, and where the file then ends. */
interface Turn {
  readonly characters: number;
  readonly sequences: readonly number[];
  readonly up: readonly string[];
  readonly atMs: number;
}

function play(doings: readonly Doing[], connections: readonly ActiveConnection[], fileCharactersLeast: number) {
  const log = new JournalLog({ checkpointMs: 5_000, fileCharactersLeast }, { ...start, bootId: "B1" });
  const journal = new Journal({ entriesMax: 50 }, emptyJournal, log);
  const up = new Map<string, ActiveConnection>();
  let [file, nowMs] = ["", start.atMs];
  const turns: Turn[] = [];
  for (const doing of [{ kind: "wait", ms: 0 } as const, ...doings]) {
    if (doing.kind === "wait") nowMs += doing.ms;
    else if (doing.kind === "event") journal.lineEvent(doing.endpoint, "answer", "C1", nowMs);
    else if (doing.kind === "ack") journal.acknowledge([{ first: doing.first, last: doing.first + doing.length }]);
    else {
      const connection = connections[doing.which];
      if (connection === undefined) continue;
      const { connectionId } = connection;
      if (doing.kind === "up") log.active(connection, nowMs);
      else if (up.has(connectionId)) journal.ended({ ...connection, state: "ended" }, "deleted", nowMs);
      if (doing.kind === "up") up.set(connectionId, connection);
      else up.delete(connectionId);
    }
    log.tick({ nowMs, wallMs: start.wallMs + nowMs - start.atMs });
    const write = log.take({ nowMs, wallMs: start.wallMs + nowMs - start.atMs });
    if (write === null) continue;
    file = write.whole ?? file + write.text;
    if (write.whole !== null) turns.length = 0;
    const sequences = [...journal.lineEvents(nowMs), ...journal.endedConnections(nowMs)].map(
      ({ sequence }) => sequence,
    );
    turns.push({
      characters: file.length,
      sequences: sequences.sort((a, b) => a - b),
      up: [...up.keys()],
      atMs: nowMs,
    });
  }
  return { file, turns };
}

function replay(text: string, machine = "m1"): ReplayedJournal {
  const now = { atMs: 1_000_000, wallMs: start.wallMs + 2_000_000, machine };
  const kept = replayJournal(new TextEncoder().encode(text), now, options);
  if (!kept.ok) throw new Error(kept.reason);
  return kept.value;
}

function cutOffOf(kept: ReplayedJournal) {
  return kept.entries.flatMap((entry) => (entry.kind === "ended" && entry.ended.errorMs !== undefined ? [entry] : []));
}

test.prop([fc.array(aDoing, { maxLength: 40 }), someConnections, fc.nat(), fc.constantFrom(0, 2_000, 2 ** 20)], {
  numRuns: 60,
})(
  "a file cut anywhere tells all that was written before the cut: entries, and what was up until then",
  (doings, connections, cut, fileCharactersLeast) => {
    const { file, turns } = play(doings, connections, fileCharactersLeast);
    const first = turns[0]?.characters ?? 0;
    const characters = first + (cut % (file.length - first + 1));
    const kept = replay(file.slice(0, characters));
    const last = turns.findLast((turn) => turn.characters <= characters);
    const next = turns.find((turn) => turn.characters > characters);
    const cutOff = cutOffOf(kept);
    const told = kept.entries.map((entry) => (entry.kind === "ended" ? entry.ended.sequence : entry.event.sequence));
    const entries = told.filter((sequence) => !cutOff.some(({ ended }) => ended.sequence === sequence));
    const hasPart = next !== undefined && characters > (last?.characters ?? 0);
    if (!hasPart) {
      expect(entries).toEqual(last?.sequences);
      expect(cutOff.map(({ ended }) => ended.connection.connectionId).sort()).toEqual([...(last?.up ?? [])].sort());
      const lastMs = last?.atMs ?? 0;
      expect(cutOff.filter(({ atMs }) => atMs > lastMs || atMs < lastMs - options.checkpointMs)).toEqual([]);
    }
    expect(kept.damaged).toBeLessThanOrEqual(1);
  },
);

test.prop(
  [
    fc.array(aDoing, { maxLength: 30 }),
    someConnections,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 8 }),
  ],
  { numRuns: 60 },
)("of a damaged file every line that is whole is told, and no other", (doings, connections, faults) => {
  const { file } = play(doings, connections, 2 ** 20);
  const bytes = new TextEncoder().encode(file);
  // The first two lines say what the file is.
  const body = file.indexOf("\n", file.indexOf("\n") + 1) + 1;
  for (const [at, value] of faults) if (bytes.length > body) bytes[body + (at % (bytes.length - body))] = value;
  const kept = replayJournal(bytes, { ...start, atMs: 1_000_000 }, options);
  expect(kept.ok && kept.value.damaged).toBeLessThanOrEqual(2 * faults.length);
});

test.prop([fc.array(aDoing, { maxLength: 30 }), someConnections])(
  "after a restart of the machine all ages are off by the same, whatever its wall clock says",
  (doings, connections) => {
    const { file } = play(doings, connections, 2 ** 20);
    const [same, other] = [replay(file), replay(file, "m2")];
    const shifts = same.entries.map(({ atMs }, index) => (other.entries[index]?.atMs ?? Number.NaN) - atMs);
    expect(new Set(shifts).size).toBeLessThanOrEqual(1);
    expect(other.entries.every(({ atMs }) => atMs <= 1_000_000)).toBe(true);
  },
);

test.prop([fc.uint8Array({ maxLength: 300 })])("any bytes are a journal or a reason why not", (bytes) => {
  expect(typeof replayJournal(bytes, start, options).ok).toBe("boolean");
});
