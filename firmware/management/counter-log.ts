/**
 * Connection ids in the order of a growing number: when each was made, last changed, or went. A walk starts behind any
 * number without a search through what stands before it, and an id whose number is no longer of interest leaves a hole
 * that is closed now and then.
 */
interface Mark {
  readonly counter: number;
  /** Null: dropped. */
  id: string | null;
}

/** Holes beyond this and beyond half of all marks are closed. */
const holesLeast = 64;

export class CounterLog {
  #marks: Mark[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `counter`: above all before. */
  put(counter: number, id: string): void {
    this.#marks.push({ counter, id });
    this.#size += 1;
  }

  drop(counter: number): void {
    const mark = this.#marks[this.#indexBehind(counter - 1)];
    if (mark?.counter !== counter || mark.id === null) return;
    mark.id = null;
    this.#size -= 1;
    if (this.#marks.length - this.#size <= Math.max(holesLeast, this.#size)) return;
    this.#marks = this.#marks.filter(({ id }) => id !== null);
  }

  /** The highest number dropped, or null: there were no more than `most`. */
  keepNewest(most: number): number | null {
    if (this.#size <= most) return null;
    const held = this.#marks.filter(({ id }) => id !== null);
    this.#marks = held.slice(-most);
    this.#size = this.#marks.length;
    return held[held.length - most - 1]?.counter ?? null;
  }

  /** Marks above this number, ascending. */
  *behind(counter: number): Generator<{ readonly counter: number; readonly id: string }> {
    const marks = this.#marks;
    for (let index = this.#indexBehind(counter); index < marks.length; index += 1) {
      const mark = marks[index];
      if (mark !== undefined && mark.id !== null) yield { counter: mark.counter, id: mark.id };
    }
  }

  /** Numbers that part what is behind this one into so many pieces of about the same size; fewer where there is little. */
  partitions(counter: number, pieces: number): number[] {
    const from = this.#indexBehind(counter);
    const step = Math.ceil((this.#marks.length - from) / pieces);
    const parts: number[] = [];
    for (let index = from + step; step > 0 && index < this.#marks.length; index += step) {
      parts.push(this.#marks[index - 1]?.counter ?? counter);
    }
    return parts;
  }

  #indexBehind(counter: number): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#marks[middle]?.counter ?? 0) <= counter) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
