/**
 * Connection ids in the order of a growing number: when each was made, last changed, or went. A walk starts behind any
 * number without a search through what stands before it, and an id whose number is no longer of interest leaves a hole
 * that is closed now and then.
 */
/** Holes beyond this and beyond half of all marks are closed. */
const holesLeast = 64;

export class CounterLog {
  /** Side by side, as they are many and come and go with every connection. An id that is null was dropped. */
  #counters: number[] = [];
  #ids: (string | null)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `counter`: above all before. */
  put(counter: number, id: string): void {
    this.#counters.push(counter);
    this.#ids.push(id);
    this.#size += 1;
  }

  drop(counter: number): void {
    const index = this.#indexBehind(counter - 1);
    if (this.#counters[index] !== counter || this.#ids[index] === null) return;
    this.#ids[index] = null;
    this.#size -= 1;
    if (this.#ids.length - this.#size > Math.max(holesLeast, this.#size)) this.#closeHoles();
  }

  /** The highest number dropped, or null: there were no more than `most`. */
  keepNewest(most: number): number | null {
    if (this.#size <= most) return null;
    this.#closeHoles();
    const dropped = this.#size - most;
    const highest = this.#counters[dropped - 1] ?? null;
    this.#counters = this.#counters.slice(dropped);
    this.#ids = this.#ids.slice(dropped);
    this.#size = most;
    return highest;
  }

  /** Marks above this number, ascending. */
  *behind(counter: number): Generator<{ readonly counter: number; readonly id: string }> {
    const [counters, ids] = [this.#counters, this.#ids];
    for (let index = this.#indexBehind(counter); index < ids.length; index += 1) {
      const id = ids[index] ?? null;
      if (id !== null) yield { counter: counters[index] ?? 0, id };
    }
  }

  /** Numbers that part what is behind this one into so many pieces of about the same size; fewer where there is little. */
  partitions(counter: number, pieces: number): number[] {
    const from = this.#indexBehind(counter);
    const step = Math.ceil((this.#ids.length - from) / pieces);
    const parts: number[] = [];
    for (let index = from + step; step > 0 && index < this.#ids.length; index += step) {
      parts.push(this.#counters[index - 1] ?? counter);
    }
    return parts;
  }

  /** In arrays of their own, as somebody may be walking over these. */
  #closeHoles(): void {
    const ids = this.#ids;
    this.#counters = this.#counters.filter((_, index) => ids[index] !== null);
    this.#ids = ids.filter((id) => id !== null);
  }

  #indexBehind(counter: number): number {
    let low = 0;
    let high = this.#counters.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#counters[middle] ?? 0) <= counter) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
