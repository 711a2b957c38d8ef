/** The asker's side of an audit of package x-ho: its pages (recovery-page.ts) back into one snapshot. */
import type { ActiveConnection, GatewaySnapshot } from "../active-connection.js";
import type { AuditPage } from "./recovery-page.js";

/**
 * Pages put together, in whatever order they come. The first page's counter stands: what changed since is found by the
 * next audit since that.
 */
export class AuditPages {
  #first: AuditPage | null = null;
  readonly #connections = new Map<string, ActiveConnection>();
  readonly #gone = new Set<string>();
  /** Of what ended after the first page was written, by the gateway's own clock: it may be told there as active. */
  readonly #endedSince = new Set<string>();
  readonly #lineEvents: GatewaySnapshot["lineEvents"][number][] = [];
  readonly #ended: GatewaySnapshot["ended"][number][] = [];

  /** False when the gateway restarted since the page before: what was collected is of another life. */
  add(page: AuditPage): boolean {
    this.#first ??= page;
    if (this.#first.bootId !== page.bootId) return false;
    for (const connection of page.connections) this.#connections.set(connection.connectionId, connection);
    const sinceFirstMs = (page.upMs ?? 0) - (this.#first.upMs ?? 0);
    for (const { connection, endedAgeMs } of page.ended) {
      if (sinceFirstMs > 0 && endedAgeMs <= sinceFirstMs) this.#endedSince.add(connection.connectionId);
    }
    for (const id of page.gone ?? []) this.#gone.add(id);
    this.#lineEvents.push(...page.lineEvents);
    this.#ended.push(...page.ended);
    return true;
  }

  get rows(): number {
    return this.#connections.size + this.#lineEvents.length + this.#ended.length;
  }

  /** Null before the first page. A connection that ended between two pages is told as ended only. */
  snapshot(): GatewaySnapshot | null {
    if (this.#first === null) return null;
    const { gateway, bootId, counter, upMs, epoch, heard, since } = this.#first;
    for (const id of this.#endedSince) this.#connections.delete(id);
    return {
      gateway,
      bootId,
      counter,
      upMs,
      epoch,
      heard,
      connections: [...this.#connections.values()],
      lineEvents: this.#lineEvents.sort(bySequence),
      ended: this.#ended.sort(bySequence),
      ...(since !== undefined && { since, gone: [...this.#gone] }),
    };
  }
}

function bySequence(a: { readonly sequence: number }, b: { readonly sequence: number }): number {
  return a.sequence - b.sequence;
}
