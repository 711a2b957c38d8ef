/**
 * The two rings between management and engine, in their shared memory: commands one way, events the other. One writer and
 * one reader each, so a count of what was written and one of what was read are all there is to share. Nobody sleeps on
 * them: a thread that is woken through Atomics takes a lock that whoever wakes it still holds, and where the one goes
 * before the other on the processor, it waits until that one has its turn again. What wakes the engine is in io/.
 *
 *   head: u32 written | u32 read | unused        records: recordsMax of a fixed size, number n in place n mod recordsMax
 */
import type { EngineMemory } from "./engine-memory.js";
import { type EngineCommand, putCommand, putEvent, RecordCursor, takeCommand, takeEvent } from "./engine-record.js";
import type { MediaEvent } from "./media-port.js";

interface RingPlace {
  readonly offset: number;
  readonly recordBytes: number;
  /** A power of two, so that the counts may wrap. */
  readonly recordsMax: number;
}

class Ring {
  readonly #place: RingPlace;
  readonly #recordsOffset: number;
  /** written, read. */
  readonly #counts: Int32Array<SharedArrayBuffer>;
  readonly cursor: RecordCursor;

  constructor(memory: EngineMemory, place: RingPlace) {
    this.#place = place;
    this.#recordsOffset = place.offset + memory.map.ringHeadBytes;
    this.#counts = new Int32Array(memory.buffer, place.offset, 2);
    this.cursor = new RecordCursor(memory.view);
  }

  /** Puts the cursor on a free record; false when there is none. */
  beginPut(): boolean {
    const written = Atomics.load(this.#counts, 0);
    if (((written - Atomics.load(this.#counts, 1)) | 0) >= this.#place.recordsMax) return false;
    this.#begin(written);
    return true;
  }

  endPut(): void {
    Atomics.add(this.#counts, 0, 1);
  }

  /** Records that were put and not yet taken. */
  get waiting(): number {
    return (Atomics.load(this.#counts, 0) - Atomics.load(this.#counts, 1)) | 0;
  }

  /** Puts the cursor on the oldest record; false when there is none. */
  beginTake(): boolean {
    const read = Atomics.load(this.#counts, 1);
    if (Atomics.load(this.#counts, 0) === read) return false;
    this.#begin(read);
    return true;
  }

  endTake(): void {
    Atomics.add(this.#counts, 1, 1);
  }

  #begin(count: number): void {
    const { recordBytes, recordsMax } = this.#place;
    this.cursor.begin(this.#recordsOffset + (count & (recordsMax - 1)) * recordBytes, recordBytes);
  }
}

export class CommandRing {
  readonly #ring: Ring;

  constructor(memory: EngineMemory) {
    const { commandRingOffset: offset, commandBytes: recordBytes, commandsMax: recordsMax } = memory.map;
    this.#ring = new Ring(memory, { offset, recordBytes, recordsMax });
  }

  /** False when the ring is full: the engine has stopped reading it. */
  put(command: EngineCommand): boolean {
    if (!this.#ring.beginPut()) return false;
    putCommand(this.#ring.cursor, command);
    this.#ring.endPut();
    return true;
  }

  /** Commands that the engine has not obeyed yet. */
  get waiting(): number {
    return this.#ring.waiting;
  }

  take(): EngineCommand | null {
    if (!this.#ring.beginTake()) return null;
    const command = takeCommand(this.#ring.cursor);
    this.#ring.endTake();
    return command;
  }
}

export class EventRing {
  readonly #ring: Ring;
  #put = 0;

  constructor(memory: EngineMemory) {
    const { eventRingOffset: offset, eventBytes: recordBytes, eventsMax: recordsMax } = memory.map;
    this.#ring = new Ring(memory, { offset, recordBytes, recordsMax });
  }

  /** False when the ring is full: management has stopped reading it, and the event is lost. */
  put(event: MediaEvent): boolean {
    if (!this.#ring.beginPut()) return false;
    putEvent(this.#ring.cursor, event);
    this.#ring.endPut();
    this.#put += 1;
    return true;
  }

  take(): MediaEvent | null {
    if (!this.#ring.beginTake()) return null;
    const event = takeEvent(this.#ring.cursor);
    this.#ring.endTake();
    return event;
  }

  /** Events put by this side so far: whoever rings the bell sees by it that there is something new. */
  get eventsPut(): number {
    return this.#put;
  }
}
