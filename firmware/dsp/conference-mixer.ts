/** A conference bridge (dsp-wasm/mixer.ts): each member hears all others and not himself. */
import type { DspCore } from "./dsp-core.js";

const offsetOctets = 4;

export class ConferenceMixer {
  readonly #core: DspCore;
  readonly #members: number;
  readonly #frameSamples: number;
  /** Offsets of each member's frame, before and after: tables that the operation reads. */
  readonly #sourceTable: number;
  readonly #destinationTable: number;
  readonly #frames: number;

  private constructor(
    core: DspCore,
    members: number,
    frameSamples: number,
    places: { readonly tables: number; readonly frames: number },
  ) {
    this.#core = core;
    this.#members = members;
    this.#frameSamples = frameSamples;
    this.#sourceTable = places.tables;
    this.#destinationTable = places.tables + members * offsetOctets;
    this.#frames = places.frames;
    const tables = core.view(places.tables, 2 * members * offsetOctets);
    for (let number = 0; number < members; number += 1) {
      tables.setUint32(number * offsetOctets, this.#frame(number), true);
      tables.setUint32((members + number) * offsetOctets, this.#frame(members + number), true);
    }
  }

  /** Null when the memory is full. Throws RangeError for more members than the operation mixes, 64. */
  static create(core: DspCore, members: number, frameSamples: number): ConferenceMixer | null {
    const membersMax = core.size("mixerMembersMax");
    if (!Number.isInteger(members) || members < 1 || members > membersMax) {
      throw new RangeError(`a conference of ${members}: 1 to ${membersMax}`);
    }
    const tables = core.allocate(2 * members * offsetOctets);
    const frames = core.allocate(2 * members * 2 * frameSamples);
    if (tables !== null && frames !== null) return new ConferenceMixer(core, members, frameSamples, { tables, frames });
    if (tables !== null) core.release(tables, 2 * members * offsetOctets);
    if (frames !== null) core.release(frames, 2 * members * 2 * frameSamples);
    return null;
  }

  /**
   * What each member says, null for one who says nothing, all frames of `samples`; returns what each hears, in the same
   * order: views, valid until the next call.
   */
  mix(said: readonly (Int16Array | null)[], samples: number): Int16Array[] {
    if (said.length > this.#members) throw new RangeError(`${said.length} members: made for ${this.#members}`);
    if (samples > this.#frameSamples) throw new RangeError(`${samples} samples: made for ${this.#frameSamples}`);
    for (const [number, frame] of said.entries()) {
      const place = this.#core.samples(this.#frame(number), samples);
      if (frame === null) place.fill(0);
      else place.set(frame.subarray(0, samples));
    }
    const job = { source: this.#sourceTable, destination: this.#destinationTable, argument: said.length };
    this.#core.run("conferenceMix", [{ state: 0, ...job }], samples);
    return said.map((_frame, number) => this.#core.samples(this.#frame(this.#members + number), samples));
  }

  release(): void {
    this.#core.release(this.#sourceTable, 2 * this.#members * offsetOctets);
    this.#core.release(this.#frames, 2 * this.#members * 2 * this.#frameSamples);
  }

  #frame(number: number): number {
    return this.#frames + number * 2 * this.#frameSamples;
  }
}
