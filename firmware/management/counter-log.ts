/**
 * Values in the order of a growing number: connections by when they were made, last changed, or went, journal entries by
 * their sequence. A walk starts behind any number without a search through what stands before it; what is dropped leaves
 * a hole that is closed now and then.
 */
export interface Counted<T> {
  readonly counter: number;
  readonly value: T;
}

/** Holes beyond this and beyond half of all marks are closed. */
const holesLeast = 64;

export class CounterLog<T> {
  /** Side by side, as they are many and come and go with every connection. A value that is null was dropped. */
  #counters: number[] = [];
  #values: (T | null)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `counter`: above all before. */
  put(counter: number, value: T): void {
    this.#counters.push(counter);
    this.#values.push(value);
    this.#size += 1;
  }

  /** False: it was not there. */
  drop(counter: number): boolean {
    const index = this.#indexBehind(counter - 1);
    if (this.#counters[index] !== counter || this.#values[index] === null) return false;
    this.#values[index] = null;
    this.#size -= 1;
    if (this.#values.length - this.#size > Math.max(holesLeast, this.#size)) this.#closeHoles();
    return true;
  }

  /** The highest number dropped, or null: there were no more than `most`. */
  keepNewest(most: number): number | null {
    if (this.#size <= most) return null;
    this.#closeHoles();
    const dropped = this.#size - most;
    const highest = this.#counters[dropped - 1] ?? null;
    this.#counters = this.#counters.slice(dropped);
    this.#values = this.#values.slice(dropped);
    this.#size = most;
    return highest;
  }

  /** Ascending; what is dropped or put meanwhile may or may not come. */
  *behind(counter: number): Generator<Counted<T>> {
    const [counters, values] = [this.#counters, this.#values];
    for (let index = this.#indexBehind(counter); index < values.length; index += 1) {
      const value = values[index] ?? null;
      if (value !== null) yield { counter: counters[index] ?? 0, value };
    }
  }

  /** Numbers that part what is behind this one into at most so many pieces of about the same size, and so large at least. */
  partitions(counter: number, pieces: number, least: number): number[] {
    const from = this.#indexBehind(counter);
    const step = Math.max(Math.ceil((this.#values.length - from) / pieces), least);
    const parts: number[] = [];
    for (let index = from + step; step > 0 && index < this.#values.length; index += step) {
      parts.push(this.#counters[index - 1] ?? counter);
    }
    return parts;
  }

  /** In arrays of their own, as somebody may be walking over these. */
  #closeHoles(): void {
    const values = this.#values;
    this.#counters = this.#counters.filter((_, index) => values[index] !== null);
    this.#values = values.filter((value) => value !== null);
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
