/**
 * The journal's file. What is written is in the system's hands when `write` returns, so it outlives the program; it is on
 * the disk `syncMs` later at the latest, so it outlives a power failure but for that. More often would wear an SD card.
 * A new whole file takes the old one's place only when it is on the disk; until then both get what is appended.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

/** A file above this is none that a gateway wrote. */
export const journalBytesMax = 64 * 2 ** 20;

/** Null when the file is not there yet. Refused, too, where none can be made. */
export function readJournalFile(file: string): ParseResult<Uint8Array | null> {
  let handle: number;
  try {
    closeSync(openSync(nextName(file), "a", 0o600));
    handle = openSync(file, "r");
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" && existsSync(dirname(file)) ? parsed(null) : refused(`cannot use ${file}: ${code}`);
  }
  try {
    if (fstatSync(handle).size > journalBytesMax) return refused(`${file} is above ${journalBytesMax} bytes`);
    return parsed(readFileSync(handle));
  } catch (error) {
    return refused(`cannot read ${file}: ${codeOf(error)}`);
  } finally {
    closeSync(handle);
  }
}

export class JournalFile {
  readonly #file: string;
  readonly #syncMs: number;
  readonly #troubled: (reason: string) => void;
  #handle: number | null = null;
  /** The new whole file, and the end of its way to the disk. */
  #next: { readonly handle: number; readonly done: Promise<void> } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #syncing: Promise<void> | null = null;
  /** Something was appended since the last time the disk was asked for. */
  #isUnsynced = false;
  /** The last line may not be whole: the next one begins on a line of its own. */
  #isTorn = false;
  #isClosed = false;

  /** `troubled`: the disk is full, or fails; told once, and again after it was well. Calls go on without a journal. */
  constructor(file: string, syncMs: number, troubled: (reason: string) => void) {
    this.#file = file;
    this.#syncMs = syncMs;
    this.#troubled = troubled;
  }

  /** `text` goes behind what there is; `whole`, where it is told, is all there shall be, `text` included. */
  write({ text, whole }: { readonly text: string; readonly whole: string | null }): void {
    if (this.#isClosed) return;
    if (this.#handle !== null) this.#append(this.#handle, text);
    if (this.#next !== null) this.#append(this.#next.handle, text);
    else if (whole !== null) this.#replace(whole);
    this.#isUnsynced = true;
    this.#syncLater();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#syncing;
    await this.#next?.done;
    if (this.#handle === null) return;
    const handle = this.#handle;
    this.#handle = null;
    this.#try(() => fsyncSync(handle));
    closeSync(handle);
  }

  #append(handle: number, text: string): void {
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text, "latin1");
    const isDone = this.#try(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    });
    this.#isTorn = !isDone;
  }

  #replace(whole: string): void {
    const name = nextName(this.#file);
    this.#try(() => {
      const handle = openSync(name, "w", 0o600);
      this.#append(handle, whole);
      const done = new Promise<void>((resolve) => {
        fsync(handle, (error) => {
          this.#take(handle, error === null && !this.#isTorn ? name : null);
          resolve();
        });
      });
      this.#next = { handle, done };
    });
  }

  /** Null: it did not get to the disk, and the old one stays. */
  #take(handle: number, name: string | null): void {
    this.#next = null;
    const isTaken = name !== null && this.#try(() => renameSync(name, this.#file));
    if (isTaken && this.#handle !== null) closeSync(this.#handle);
    if (isTaken) this.#handle = handle;
    else closeSync(handle);
    // The folder holds the name.
    this.#try(() => {
      const folder = openSync(dirname(this.#file), "r");
      fsync(folder, () => closeSync(folder));
    });
  }

  #syncLater(): void {
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#syncing === null) this.#syncing = this.#sync();
      else this.#syncLater();
    }, this.#syncMs);
  }

  async #sync(): Promise<void> {
    const handle = this.#handle;
    if (handle !== null && this.#isUnsynced) {
      this.#isUnsynced = false;
      await new Promise<void>((resolve) => {
        fdatasync(handle, (error) => {
          if (error !== null) this.#try(() => throwIt(error));
          resolve();
        });
      });
    }
    this.#syncing = null;
  }

  #isTroubled = false;

  #try(step: () => void): boolean {
    try {
      step();
      this.#isTroubled = false;
      return true;
    } catch (error) {
      const reason = `cannot write ${this.#file}: ${codeOf(error)}`;
      if (!this.#isTroubled) this.#troubled(reason);
      this.#isTroubled = true;
      return false;
    }
  }
}

function throwIt(error: Error): never {
  throw error;
}

function nextName(file: string): string {
  return `${file}.next`;
}

/** What the system says is wrong; anything else is a fault of ours. */
function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  throw error;
}
