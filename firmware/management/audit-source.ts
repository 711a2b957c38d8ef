/**
 * The connection table and the journal as an audit of package x-ho reads them: from any place on, each row made only when
 * it is told. Nothing is kept for an asker, so that any number of them ask at once, and one that knows all is answered
 * without a look at a row.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type { AuditSource, PlacedConnection, PlacedEntry } from "#protocol/mgcp/recovery-page.js";
import type { BootLine } from "#protocol/mgcp/recovery-row.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Counted } from "./counter-log.js";
import type { Journal } from "./journal.js";
import { endedOf, lineEventOf } from "./journal-entry.js";

export interface AuditSourceParts {
  readonly table: ConnectionTable;
  readonly journal: Journal;
  /** What every page says of the gateway itself. */
  readonly boot: (nowMs: number) => BootLine;
  readonly describe: (row: ConnectionRow, nowMs: number) => ActiveConnection;
}

export function auditSource({ table, journal, boot, describe }: AuditSourceParts, nowMs: number): AuditSource {
  function* placed(rows: Iterable<Counted<ConnectionRow>>): Generator<PlacedConnection> {
    for (const { counter, value } of rows) {
      yield { counter, endpoint: value.endpoint, describe: () => describe(value, nowMs) };
    }
  }
  return {
    boot: boot(nowMs),
    madeBehind: (counter) => placed(table.madeBehind(counter)),
    changedBehind: (counter) => placed(table.changedBehind(counter)),
    remembersGone: (counter) => table.remembersGone(counter),
    goneBehind: (counter) => table.goneBehind(counter),
    journalBehind: (sequence) => entriesOf(journal, sequence, nowMs),
    partitions: (counter, parts, least) => table.partitions(counter, parts, least),
  };
}

function* entriesOf(journal: Journal, behind: number, nowMs: number): Generator<PlacedEntry> {
  for (const { counter: sequence, value } of journal.behind(behind)) {
    yield value.kind === "ended"
      ? { kind: "ended", sequence, ended: endedOf(value, nowMs) }
      : { kind: "line-event", sequence, event: lineEventOf(value, nowMs) };
  }
}
