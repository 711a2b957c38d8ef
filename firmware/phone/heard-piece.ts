/** What a telephone heard and has not handed on yet: handed on in pieces, for a message a frame would be too many. */

/** Half a second: a recording cut off by a kill lacks no more than that. */
const pieceSamples = 4000;

export class HeardPiece {
  #frames: Int16Array[] = [];
  #samples = 0;

  add(heard: Int16Array): void {
    this.#frames.push(heard);
    this.#samples += heard.length;
  }

  get isWhole(): boolean {
    return this.#samples >= pieceSamples;
  }

  /** Empties it. */
  take(): Int16Array<ArrayBuffer> {
    const samples = new Int16Array(this.#samples);
    let at = 0;
    for (const frame of this.#frames) {
      samples.set(frame, at);
      at += frame.length;
    }
    this.#frames = [];
    this.#samples = 0;
    return samples;
  }
}
