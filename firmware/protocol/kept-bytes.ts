/**
 * The end of an endless sequence of bytes: pieces are appended and named by where they begin, and what lies before a
 * place can be forgotten. It is kept in blocks that are used again, so thousands of pieces are a handful of objects to
 * the garbage collector.
 *
 *   forgotten ... | block | block | block ...| free
 *                     ^ first kept           ^ end
 */
import { Fifo } from "./fifo.js";

/** A piece lies in one block, so none is longer. */
export const pieceBytesMax = 65_536;

/** Of blocks that are out of use so many are kept for the next. */
const sparesMax = 16;

export class KeptBytes {
  readonly #blocks = new Fifo<Uint8Array>();
  readonly #spares: Uint8Array[] = [];
  /** Where the oldest block begins, and where the next piece will. */
  #start = 0;
  #end = 0;

  /** Memory in use, in whole blocks. */
  get size(): number {
    return this.#blocks.size * pieceBytesMax;
  }

  /** Where the next piece would begin if it fitted into the newest block. */
  get end(): number {
    return this.#end;
  }

  /** The place of the piece. Throws where it is above pieceBytesMax. */
  append(piece: Uint8Array): number {
    if (piece.length > pieceBytesMax) throw new RangeError(`a piece of ${piece.length} bytes`);
    const room = this.#start + this.size - this.#end;
    if (piece.length > room) this.#addBlock();
    const place = this.#end;
    this.#blocks.at(this.#blocks.size - 1)?.set(piece, place % pieceBytesMax);
    this.#end += piece.length;
    return place;
  }

  /** A copy; empty where it is forgotten. */
  read(place: number, length: number): Uint8Array {
    const block = this.#blocks.at(Math.floor((place - this.#start) / pieceBytesMax));
    const at = place % pieceBytesMax;
    return block === undefined ? new Uint8Array(0) : block.slice(at, at + length);
  }

  forgetBefore(place: number): void {
    while (this.#start + pieceBytesMax <= place) {
      const block = this.#blocks.take();
      if (block === undefined) return;
      this.#start += pieceBytesMax;
      if (this.#spares.length < sparesMax) this.#spares.push(block);
    }
  }

  #addBlock(): void {
    if (this.#blocks.size === 0) this.#start = Math.ceil(this.#end / pieceBytesMax) * pieceBytesMax;
    this.#end = this.#start + this.size;
    this.#blocks.put(this.#spares.pop() ?? new Uint8Array(pieceBytesMax));
  }
}
