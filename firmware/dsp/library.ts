/**
 * holdover/dsp: the DSP core for programs of others, in Node and in browsers. docs/dsp.md says what each function does. This
 * file is the package's door and nothing within the project goes through it.
 */
export { callProgressTone, type ToneName, toneCountries, toneNames, toneSource } from "./call-progress-tones.js";
export { NoiseDescriber, NoiseMaker } from "./comfort-noise.js";
export { ConferenceMixer } from "./conference-mixer.js";
export { arenaOctetsMax, DspCore, type DspJob, samplesMax } from "./dsp-core.js";
export { DtmfDetector, type DtmfHeard, dtmfDigits, dtmfTone } from "./dtmf.js";
export { cedTone, cngTone, type FaxTone, FaxToneDetector } from "./fax-tones.js";
export { AutomaticGain, FixedGain, gainDbMax } from "./gain.js";
export { loadDsp } from "./io/load-dsp.js";
export { type Level, LevelMeter } from "./level-meter.js";
export { LossConcealer } from "./loss-concealer.js";
export { Resampler } from "./resampler.js";
export { amplitudeOf0Dbm0, type Tone, ToneGenerator, type ToneStep } from "./tone-generator.js";
export { VoiceActivityDetector } from "./voice-activity.js";
export { codecNames, VoiceCodec } from "./voice-codec.js";
