/** A snapshot as what an audit's pages are made from: its connections made and changed in the order in which they stand. */
import type { GatewaySnapshot } from "../../firmware/protocol/active-connection.js";
import type { AuditSource, PlacedConnection, PlacedEntry } from "../../firmware/protocol/mgcp/recovery-page.js";

export function snapshotSource(snapshot: GatewaySnapshot): AuditSource {
  const { bootId, counter, upMs, epoch, heard, connections, lineEvents, ended } = snapshot;
  const placed = (counters: readonly number[]): PlacedConnection[] =>
    connections
      .map((connection, index) => ({
        counter: counters[index] ?? 0,
        endpoint: connection.endpoint,
        describe: () => connection,
      }))
      .sort((a, b) => a.counter - b.counter);
  const made = placed(connections.map((_, index) => index + 1));
  const changed = placed(connections.map(({ changedAt }) => changedAt));
  const journal: PlacedEntry[] = [
    ...lineEvents.map((event) => ({ kind: "line-event" as const, sequence: event.sequence, event })),
    ...ended.map((entry) => ({ kind: "ended" as const, sequence: entry.sequence, ended: entry })),
  ].sort((a, b) => a.sequence - b.sequence);
  return {
    boot: { bootId, counter, upMs, epoch, heard },
    madeBehind: (behind) => made.filter((one) => one.counter > behind),
    changedBehind: (behind) => changed.filter((one) => one.counter > behind),
    remembersGone: () => true,
    goneBehind: () => [],
    journalBehind: (behind) => journal.filter(({ sequence }) => sequence > behind),
    partitions: (behind, parts) => {
      const left = made.filter((one) => one.counter > behind);
      const step = Math.ceil(left.length / parts);
      return left.flatMap((one, index) => ((index + 1) % step === 0 && index + 1 < left.length ? [one.counter] : []));
    },
  };
}
