import { closeSync, openSync, writeSync } from "node:fs";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { wavHeader, wavSamples } from "#protocol/wav.js";

/** An hour; what is heard after it is not recorded. */
const recordingSamplesMax = 28_800_000;

/** A WAV file that grows while a telephone hears; all its calls one behind the other. */
export class PhoneRecording {
  readonly #descriptor: number;
  #writtenSamples = 0;
  #fault: string | null = null;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Why it is no longer written; null while it is. */
  get fault(): string | null {
    return this.#fault;
  }

  add(heard: Int16Array): void {
    if (this.#writtenSamples + heard.length > recordingSamplesMax) return;
    this.#attempt(() => {
      writeAll(this.#descriptor, wavSamples(heard), wavHeader(0).length + 2 * this.#writtenSamples);
      this.#writtenSamples += heard.length;
    });
  }

  /** Makes the file whole as far as it has come; it may go on growing. */
  finish(): void {
    this.#attempt(() => writeAll(this.#descriptor, wavHeader(this.#writtenSamples), 0));
  }

  close(): void {
    this.finish();
    closeSync(this.#descriptor);
  }

  #attempt(write: () => void): void {
    if (this.#fault !== null) return;
    try {
      write();
    } catch (error) {
      this.#fault = reasonOf(error);
    }
  }
}

export function openPhoneRecording(file: string): ParseResult<PhoneRecording> {
  try {
    const descriptor = openSync(file, "w");
    writeAll(descriptor, wavHeader(null), 0);
    return parsed(new PhoneRecording(descriptor));
  } catch (error) {
    return refused(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** A disk's faults (full, read-only, gone) are expected; anything else is ours. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  throw error;
}
