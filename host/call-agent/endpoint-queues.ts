/**
 * Which command of ours to an endpoint may go, and which is held until another is answered: the rules of RFC 3435 section
 * 4.4.4 (mgcp/command-order), in the order in which they were given. What is on its way to "*" is in nobody's way: audits
 * are under no rule, and claims only under each other's.
 */
import { mayBeSentBeside } from "#protocol/mgcp/command-order.js";
import type { CommandToSend } from "#protocol/mgcp/transaction-options.js";
import { endpointKey } from "./dial-plan.js";

/** Commands held for one endpoint; beyond it a command is refused. */
export const heldMax = 16;

interface Queued {
  readonly command: CommandToSend;
}

interface EndpointQueue<Item> {
  readonly outstanding: Set<Item>;
  held: Item[];
}

export class EndpointQueues<Item extends Queued> {
  readonly #queues = new Map<string, EndpointQueue<Item>>();

  /** free: it may go, and counts as being on its way; held: `left` gives it back when it may go. */
  admit(item: Item): "free" | "held" | "full" {
    const key = keyOf(item);
    const queue = this.#queues.get(key) ?? { outstanding: new Set(), held: [] };
    this.#queues.set(key, queue);
    const isFree = mayGo(item, [...queue.outstanding, ...queue.held]);
    if (!isFree && queue.held.length >= heldMax) return "full";
    if (isFree) queue.outstanding.add(item);
    else queue.held.push(item);
    return isFree ? "free" : "held";
  }

  /** It was answered or given up: those that may go now, which count as being on their way. */
  left(item: Item): Item[] {
    const key = keyOf(item);
    const queue = this.#queues.get(key);
    if (queue === undefined) return [];
    queue.outstanding.delete(item);
    const held: Item[] = [];
    const free: Item[] = [];
    for (const next of queue.held) {
      if (mayGo(next, [...queue.outstanding, ...held])) {
        queue.outstanding.add(next);
        free.push(next);
      } else held.push(next);
    }
    queue.held = held;
    if (queue.outstanding.size === 0 && held.length === 0) this.#queues.delete(key);
    return free;
  }

  /** One that is held is wanted no more. */
  drop(item: Item): void {
    const queue = this.#queues.get(keyOf(item));
    if (queue !== undefined) queue.held = queue.held.filter((held) => held !== item);
  }

  heldFor(command: CommandToSend): readonly Item[] {
    return this.#queues.get(keyOf({ command }))?.held ?? [];
  }

  allHeld(): Item[] {
    return [...this.#queues.values()].flatMap(({ held }) => held);
  }
}

function mayGo({ command }: Queued, others: readonly Queued[]): boolean {
  return others.every((other) => mayBeSentBeside(other.command, command));
}

function keyOf({ command: { endpoint } }: Queued): string {
  return endpointKey(endpoint.domain, endpoint.local);
}
