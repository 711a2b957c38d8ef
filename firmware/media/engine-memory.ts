/**
 * The engine's one memory as the host sees it: the map that the wasm exports, and views on the whole. No offset is
 * written down here twice; dsp-wasm/memory-map.ts draws the regions.
 */

/** operation(jobs, count, samples): see dsp-wasm/index.ts. */
export type Operation = (jobs: number, count: number, samples: number) => void;

/**
 * What the engine uses of the wasm, in the order in which a frame goes through it: 10 ms each, 80 samples of 8 kHz,
 * received and decoded first, then coded and sent.
 */
export const receivingOperations = [
  "g722Reset",
  "g726Reset",
  "g726UnpackRtp",
  "g726UnpackAal2",
  "ulawDecode",
  "alawDecode",
  "l16Decode",
  "l16WideDecode",
  "g722DecodeAt64",
  "g726At16DecodeLinear",
  "g726At24DecodeLinear",
  "g726At32DecodeLinear",
  "g726At40DecodeLinear",
  "lossConceal",
  "lossConcealWide",
  "resampleDown",
  "dtmfDetect",
] as const;
export const sendingOperations = [
  "g722Reset",
  "g726Reset",
  "resampleUp",
  "resampleDown",
  "ulawEncode",
  "alawEncode",
  "l16Encode",
  "l16WideEncode",
  "g722Encode",
  "g726At16EncodeLinear",
  "g726At24EncodeLinear",
  "g726At32EncodeLinear",
  "g726At40EncodeLinear",
  "g726PackRtp",
  "g726PackAal2",
] as const;
export type OperationName = (typeof receivingOperations)[number] | (typeof sendingOperations)[number];
/** Throws when the wasm has none of that name, for then the build is not ours. */
export type DspOperations = (name: string) => Operation;

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
  readonly detectorStateOffset: number;
  readonly heardDigitOffset: number;
  readonly hearingResamplerOffset: number;
  readonly sendingResamplerOffset: number;
  readonly concealerStateOffset: number;
  readonly codeFrameOffset: number;
  readonly receivedCodesOffset: number;
  readonly sentCodesOffset: number;
  readonly pcmFrameOffset: number;
  readonly hearingFrameOffset: number;
  readonly sendingFrameOffset: number;
  readonly sendPacketOffset: number;
  readonly receiveSlotsOffset: number;
  readonly receiveSlotsBytes: number;
  readonly slotBytesMin: number;
  readonly slotBytesMax: number;
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
    detectorStateOffset: exported("detectorStateOffset"),
    heardDigitOffset: exported("heardDigitOffset"),
    hearingResamplerOffset: exported("hearingResamplerOffset"),
    sendingResamplerOffset: exported("sendingResamplerOffset"),
    concealerStateOffset: exported("concealerStateOffset"),
    codeFrameOffset: exported("codeFrameOffset"),
    receivedCodesOffset: exported("receivedCodesOffset"),
    sentCodesOffset: exported("sentCodesOffset"),
    pcmFrameOffset: exported("pcmFrameOffset"),
    hearingFrameOffset: exported("hearingFrameOffset"),
    sendingFrameOffset: exported("sendingFrameOffset"),
    sendPacketOffset: exported("sendPacketOffset"),
    receiveSlotsOffset: exported("receiveSlotsOffset"),
    receiveSlotsBytes: exported("receiveSlotsBytes"),
    slotBytesMin: exported("slotBytesMin"),
    slotBytesMax: exported("slotBytesMax"),
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
