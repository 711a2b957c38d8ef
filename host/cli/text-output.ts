/** Standard output that may be long and whose reader may leave: waits where it is slow, and ends well when it is gone. */
import { once } from "node:events";

export class TextOutput {
  readonly #stream: NodeJS.WriteStream;
  #isGone = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      this.#isGone = true;
    });
  }

  /** Nobody reads any more: `holdover cdr --json | head`. */
  get isGone(): boolean {
    return this.#isGone;
  }

  async write(text: string): Promise<void> {
    if (this.#isGone || this.#stream.write(text)) return;
    const gone = new AbortController();
    this.#stream.once("close", () => gone.abort());
    await once(this.#stream, "drain", { signal: gone.signal }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.name !== "AbortError") throw error;
      this.#isGone = true;
    });
  }
}
