/**
 * The slots of one leg that datagrams are received into. The network writes into the spare slot; whoever keeps that
 * packet hands a free slot back for it, so a packet is never copied and none is ever allocated. The room for them is cut
 * into few large slots or many small ones, as the leg's packets are.
 */

/** Where the slots are, and the sizes they may have, all in bytes. */
export interface SlotRoom {
  readonly offset: number;
  readonly bytes: number;
  readonly slotBytesMin: number;
  readonly slotBytesMax: number;
}

export class PacketSlots {
  readonly #room: SlotRoom;
  readonly #free: number[] = [];
  #spare = 0;
  #slotBytes = 0;

  /** At least two of the largest have room. */
  constructor(room: SlotRoom) {
    this.#room = room;
    this.cut(room.slotBytesMin);
  }

  /** Cuts the room anew, into the smallest slots that hold such packets; nobody keeps one. Longer ones are cut off. */
  cut(packetBytes: number): void {
    const { offset, bytes } = this.#room;
    const slotBytes = this.bytesFor(packetBytes);
    this.#slotBytes = slotBytes;
    this.#spare = offset;
    this.#free.length = 0;
    for (let slot = Math.floor(bytes / slotBytes) - 1; slot > 0; slot -= 1) this.#free.push(offset + slot * slotBytes);
  }

  /** Of the smallest slot that holds such packets, or the largest there is. */
  bytesFor(packetBytes: number): number {
    const { slotBytesMin, slotBytesMax } = this.#room;
    let slotBytes = slotBytesMin;
    while (slotBytes < packetBytes && slotBytes < slotBytesMax) slotBytes *= 2;
    return slotBytes;
  }

  get slotBytes(): number {
    return this.#slotBytes;
  }

  /** Byte offset where the next datagram goes, or the last one lies. */
  get spare(): number {
    return this.#spare;
  }

  /** Takes the packet that lies in the spare slot out of the network's reach; null when no slot is left for the next. */
  keep(): number | null {
    const next = this.#free.pop();
    if (next === undefined) return null;
    const kept = this.#spare;
    this.#spare = next;
    return kept;
  }

  giveBack(slot: number): void {
    this.#free.push(slot);
  }
}
