/**
 * The engine's one memory as the host sees it: the map that the wasm exports, and views on the whole. No offset is
 * written down here twice; dsp-wasm/memory-map.ts draws the regions.
 */

/** operation(jobs, count, samples): see dsp-wasm/index.ts. */
export type Operation = (jobs: number, count: number, samples: number) => void;

export const operationNames = [
  "ulawDecode",
  "alawDecode",
  "ulawEncode",
  "alawEncode",
  "ulawToAlaw",
  "alawToUlaw",
] as const;
export type OperationName = (typeof operationNames)[number];
export type DspOperations = Readonly<Record<OperationName, Operation>>;

/** Byte offsets and sizes; of a leg's parts, from the leg's beginning. */
export interface MemoryMap {
  readonly legsMax: number;
  readonly jobTablesOffset: number;
  readonly jobTableBytes: number;
  readonly jobTablesMax: number;
  readonly jobBytes: number;
  readonly ioScratchOffset: number;
  readonly ioScratchBytes: number;
  readonly ringHeadBytes: number;
  readonly commandRingOffset: number;
  readonly commandBytes: number;
  readonly commandsMax: number;
  readonly eventRingOffset: number;
  readonly eventBytes: number;
  readonly eventsMax: number;
  readonly statisticsOffset: number;
  readonly statisticsBytes: number;
  readonly legsOffset: number;
  readonly legBytes: number;
  readonly decoderStateOffset: number;
  readonly encoderStateOffset: number;
  readonly codeFrameOffset: number;
  readonly pcmFrameOffset: number;
  readonly sendPacketOffset: number;
  readonly receiveSlotsOffset: number;
  readonly packetSlotBytes: number;
  readonly receiveSlotsMax: number;
}

/** Reads the map by name; `exported` throws when the wasm has no such number, for then the build is not ours. */
export function readMemoryMap(exported: (name: keyof MemoryMap) => number): MemoryMap {
  return {
    legsMax: exported("legsMax"),
    jobTablesOffset: exported("jobTablesOffset"),
    jobTableBytes: exported("jobTableBytes"),
    jobTablesMax: exported("jobTablesMax"),
    jobBytes: exported("jobBytes"),
    ioScratchOffset: exported("ioScratchOffset"),
    ioScratchBytes: exported("ioScratchBytes"),
    ringHeadBytes: exported("ringHeadBytes"),
    commandRingOffset: exported("commandRingOffset"),
    commandBytes: exported("commandBytes"),
    commandsMax: exported("commandsMax"),
    eventRingOffset: exported("eventRingOffset"),
    eventBytes: exported("eventBytes"),
    eventsMax: exported("eventsMax"),
    statisticsOffset: exported("statisticsOffset"),
    statisticsBytes: exported("statisticsBytes"),
    legsOffset: exported("legsOffset"),
    legBytes: exported("legBytes"),
    decoderStateOffset: exported("decoderStateOffset"),
    encoderStateOffset: exported("encoderStateOffset"),
    codeFrameOffset: exported("codeFrameOffset"),
    pcmFrameOffset: exported("pcmFrameOffset"),
    sendPacketOffset: exported("sendPacketOffset"),
    receiveSlotsOffset: exported("receiveSlotsOffset"),
    packetSlotBytes: exported("packetSlotBytes"),
    receiveSlotsMax: exported("receiveSlotsMax"),
  };
}

/** Views over the whole memory, made once: it never grows, so they stay valid. */
export class EngineMemory {
  readonly buffer: SharedArrayBuffer;
  readonly map: MemoryMap;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Uint32Array<SharedArrayBuffer>;
  readonly samples: Int16Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer, map: MemoryMap) {
    this.buffer = buffer;
    this.map = map;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.samples = new Int16Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Where this leg's part begins. */
  legOffset(leg: number): number {
    return this.map.legsOffset + leg * this.map.legBytes;
  }
}
