/**
 * What the audience sees: a line for each thing that happens, with the time since the curtain rose, and on a terminal a
 * block below it that is drawn anew while it lives. Plain lines where the output is not a terminal.
 */
const controlSequence = "\u001b[";

export interface ScreenOptions {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly write: (text: string) => void;
  readonly startedAtMs: number;
}

export class Screen {
  readonly #options: ScreenOptions;
  #drawnLines = 0;
  #block: readonly string[] = [];

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** Something happened: it stays. */
  tell(text: string, nowMs: number): void {
    const seconds = ((nowMs - this.#options.startedAtMs) / 1000).toFixed(1).padStart(5);
    this.#permanent(`${this.#dim(`${seconds} s`)}  ${text}`);
  }

  /** A heading between two acts. */
  act(text: string): void {
    this.#permanent(`\n${this.#bold(text)}`);
  }

  print(text: string): void {
    this.#permanent(text);
  }

  /** The block below; replaced by the next one, gone with an empty one. Not shown where there is no terminal. */
  live(lines: readonly string[]): void {
    if (!this.#options.isTerminal) return;
    this.#erase();
    this.#block = lines.map((line) => line.slice(0, this.#options.columns - 1));
    this.#draw();
  }

  passed(text: string): void {
    this.#permanent(`  ${this.#paint("32", "✔")} ${text}`);
  }

  failed(text: string): void {
    this.#permanent(`  ${this.#paint("31", "✘")} ${text}`);
  }

  #permanent(text: string): void {
    this.#erase();
    this.#options.write(`${text}\n`);
    this.#draw();
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#options.write(`${controlSequence}${this.#drawnLines}A${controlSequence}0J`);
    this.#drawnLines = 0;
  }

  #draw(): void {
    if (this.#block.length === 0) return;
    this.#options.write(`${this.#block.join("\n")}\n`);
    this.#drawnLines = this.#block.length;
  }

  #paint(code: string, text: string): string {
    return this.#options.isTerminal ? `${controlSequence}${code}m${text}${controlSequence}0m` : text;
  }

  #dim(text: string): string {
    return this.#paint("2", text);
  }

  #bold(text: string): string {
    return this.#paint("1", text);
  }
}
