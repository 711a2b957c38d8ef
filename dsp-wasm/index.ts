// What it does: the ABI of the DSP module: the operations, and the memory map that they and the host share.
// How: operation(jobs, count, samples); each job is 4 x u32 { state, source, destination, argument }, byte offsets in
//   the imported memory. One call for each operation and tick.
// How to use it: instantiate with env.memory, a shared memory of exactly 1024 pages; nothing is allocated, ever.

export { alawDecode, alawEncode, alawToUlaw, ulawDecode, ulawEncode, ulawToAlaw } from "./g711-operations";
export {
  codeFrameOffset,
  commandBytes,
  commandRingOffset,
  commandsMax,
  decoderStateOffset,
  encoderStateOffset,
  eventBytes,
  eventRingOffset,
  eventsMax,
  ioScratchBytes,
  ioScratchOffset,
  jobBytes,
  jobTableBytes,
  jobTablesMax,
  jobTablesOffset,
  laneScratchBytes,
  laneScratchOffset,
  legBytes,
  legsMax,
  legsOffset,
  memoryEnd,
  packetSlotBytes,
  pcmFrameOffset,
  receiveSlotsMax,
  receiveSlotsOffset,
  ringHeadBytes,
  sendPacketOffset,
  statisticsBytes,
  statisticsOffset,
} from "./memory-map";
export { dtmfDetect, dtmfDetectorBytes } from "./dtmf-detector";
export { toneGenerate, toneGeneratorBytes, toneStepBytes, toneStepsMax, toneStepsOffset } from "./tone-generator";
