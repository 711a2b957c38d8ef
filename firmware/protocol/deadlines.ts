/**
 * Named deadlines as data: a core sets and clears them, the edge sleeps until `next()` and then asks `takeDue`.
 * A binary heap with lazy deletion: set and clear are O(log n), thousands of transactions may be waiting.
 */
export class Deadlines<Name> {
  readonly #current = new Map<Name, Entry<Name>>();
  readonly #heap: Entry<Name>[] = [];

  /** Sets or moves the deadline of this name. */
  set(name: Name, atMs: number): void {
    const entry = { name, atMs };
    this.#current.set(name, entry);
    this.#push(entry);
  }

  clear(name: Name): void {
    this.#current.delete(name);
    if (this.#current.size === 0) this.#heap.length = 0;
  }

  has(name: Name): boolean {
    return this.#current.has(name);
  }

  get size(): number {
    return this.#current.size;
  }

  /** The earliest deadline, or null when nothing waits. */
  next(): number | null {
    return this.#earliest()?.atMs ?? null;
  }

  /** Removes and returns the names due at nowMs, the earliest first. */
  takeDue(nowMs: number): Name[] {
    const due: Name[] = [];
    for (let entry = this.#earliest(); entry !== undefined && entry.atMs <= nowMs; entry = this.#earliest()) {
      this.#pop();
      this.#current.delete(entry.name);
      due.push(entry.name);
    }
    return due;
  }

  #earliest(): Entry<Name> | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#current.get(top.name) === top) return top;
      this.#pop();
    }
    return undefined;
  }

  #push(entry: Entry<Name>): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.atMs <= entry.atMs) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = heap[leftIndex];
      const right = heap[leftIndex + 1];
      const rightIsLess = left !== undefined && right !== undefined && right.atMs < left.atMs;
      const child = rightIsLess ? right : left;
      if (child === undefined || child.atMs >= last.atMs) break;
      heap[index] = child;
      index = rightIsLess ? leftIndex + 1 : leftIndex;
    }
    heap[index] = last;
  }
}

interface Entry<Name> {
  readonly name: Name;
  readonly atMs: number;
}

/** The earlier of several `next()` answers. */
export function earliest(...deadlines: readonly (number | null)[]): number | null {
  let least: number | null = null;
  for (const deadline of deadlines) if (deadline !== null && (least === null || deadline < least)) least = deadline;
  return least;
}
