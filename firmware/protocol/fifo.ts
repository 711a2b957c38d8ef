/** First in, first out, a step each whatever the length: what was put in longest ago is used again first. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  put(item: T): void {
    this.#items.push(item);
  }

  /** What will be taken next. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Counted from the one that will be taken next. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#head + index];
  }

  take(): T | undefined {
    const item = this.peek();
    if (item === undefined) return undefined;
    this.#head += 1;
    // The places given up are reclaimed when they are half of all: once for so many steps.
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }
}
