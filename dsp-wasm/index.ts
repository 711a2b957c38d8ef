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
  concealerStateOffset,
  constantsEnd,
  decoderStateOffset,
  detectorStateOffset,
  encoderStateOffset,
  eventBytes,
  eventRingOffset,
  eventsMax,
  heardDigitOffset,
  hearingFrameOffset,
  hearingResamplerOffset,
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
  pcmFrameOffset,
  receivedCodesOffset,
  receiveSlotsBytes,
  receiveSlotsOffset,
  ringHeadBytes,
  sendingFrameOffset,
  sendingResamplerOffset,
  sendPacketOffset,
  sentCodesOffset,
  slotBytesMax,
  slotBytesMin,
  statisticsBytes,
  statisticsOffset,
} from "./memory-map";
export { dtmfDetect, dtmfDetectorBytes } from "./dtmf-detector";
export { toneGenerate, toneGeneratorBytes, toneStepBytes, toneStepsMax, toneStepsOffset } from "./tone-generator";
export {
  g726At16EncodeLinear,
  g726At16EncodeUlaw,
  g726At16EncodeAlaw,
  g726At16DecodeLinear,
  g726At16DecodeUlaw,
  g726At16DecodeAlaw,
  g726At24EncodeLinear,
  g726At24EncodeUlaw,
  g726At24EncodeAlaw,
  g726At24DecodeLinear,
  g726At24DecodeUlaw,
  g726At24DecodeAlaw,
  g726At32EncodeLinear,
  g726At32EncodeUlaw,
  g726At32EncodeAlaw,
  g726At32DecodeLinear,
  g726At32DecodeUlaw,
  g726At32DecodeAlaw,
  g726At40EncodeLinear,
  g726At40EncodeUlaw,
  g726At40EncodeAlaw,
  g726At40DecodeLinear,
  g726At40DecodeUlaw,
  g726At40DecodeAlaw,
  g726Reset,
} from "./g726";
export { g726StateBytes } from "./g726-step";
export { faxDetectorBytes, faxToneDetect } from "./fax-tones";
export { l16Decode, l16Encode, l16WideDecode, l16WideEncode } from "./l16";
export { lossConceal, lossConcealerBytes, lossConcealerWideBytes, lossConcealWide } from "./loss-concealer";
export { levelMeasure, levelMeterBytes } from "./level";
export { automaticGainApply, automaticGainBytes, gainApply } from "./gain";
export { conferenceMix, mixerMembersMax } from "./mixer";
export { resampleDown, resamplerBytes, resampleUp } from "./resampler";
export {
  g722DecodeAt48,
  g722DecodeAt56,
  g722DecodeAt64,
  g722DecodeBandsAt48,
  g722DecodeBandsAt56,
  g722DecodeBandsAt64,
  g722Encode,
  g722EncodeBands,
  g722Reset,
  g722StateBytes,
} from "./g722";
export { g726PackAal2, g726PackRtp, g726UnpackAal2, g726UnpackRtp } from "./g726-packing";
export { voiceActivityBytes, voiceActivityDetect } from "./voice-activity";
export {
  comfortNoiseDescribe,
  comfortNoiseMake,
  noiseDescriberBytes,
  noiseMakerBytes,
  noiseOrderMax,
} from "./comfort-noise";
