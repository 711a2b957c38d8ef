/**
 * The slots of one leg that datagrams are received into. The network writes into the spare slot; whoever keeps that
 * packet hands a free slot back for it, so a packet is never copied and none is ever allocated.
 */
export class PacketSlots {
  readonly slotBytes: number;
  readonly #free: number[] = [];
  #spare: number;

  /** Slots lie one after the other from firstOffset on; at least two. */
  constructor(firstOffset: number, slotBytes: number, slotsMax: number) {
    this.slotBytes = slotBytes;
    this.#spare = firstOffset;
    for (let slot = slotsMax - 1; slot > 0; slot -= 1) this.#free.push(firstOffset + slot * slotBytes);
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
