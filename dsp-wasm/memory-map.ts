// What it does: says where everything lies in the engine's one memory. It is the dual-ported RAM between media engine
//   and management processor: 64 MiB, never grown, so that every view and pointer stays valid.
// How: regions one after the other, each aligned to 64 bytes; sizes in bytes unless the name says otherwise.
// How to use it: index.ts exports these by name; the host reads them at start and repeats no number.
//
//   0          constants and tables that the compiler placed (below __heap_base)
//   64 KiB     job tables: one for each operation, legsMax jobs of 16 bytes
//              lane scratch
//              I/O scratch: socket addresses, epoll events, RTCP packets; only io/ and the RTCP session write there
//              command ring, event ring
//              statistics: one sequence-locked record a leg
//              legs: records of codecs and line functions, frames, packet being sent, packets received
//   64 MiB

/** Legs of one engine: a gateway of a thousand calls has two legs each. */
export const legsMax: i32 = 2048;

/** Where the compiler's constants and tables end: a test holds that it is before the job tables. */
export const constantsEnd: i32 = __heap_base as i32;

export const jobBytes: i32 = 16;
/** So many operations at most have a table of their own. */
export const jobTablesMax: i32 = 48;
export const jobTablesOffset: i32 = 0x10000;
export const jobTableBytes: i32 = legsMax * jobBytes;

export const laneScratchOffset: i32 = jobTablesOffset + jobTablesMax * jobTableBytes;
export const laneScratchBytes: i32 = 0x10000;

export const ioScratchOffset: i32 = laneScratchOffset + laneScratchBytes;
export const ioScratchBytes: i32 = 0x10000;

/** A ring is a head of ringHeadBytes (write count, read count: u32 each) and its records. */
export const ringHeadBytes: i32 = 64;
export const commandRingOffset: i32 = ioScratchOffset + ioScratchBytes;
export const commandBytes: i32 = 320;
export const commandsMax: i32 = 4096;

export const eventRingOffset: i32 = commandRingOffset + ringHeadBytes + commandsMax * commandBytes;
export const eventBytes: i32 = 192;
export const eventsMax: i32 = 4096;

export const statisticsOffset: i32 = eventRingOffset + ringHeadBytes + eventsMax * eventBytes;
export const statisticsBytes: i32 = 320;

/** A leg: the records of what works on it, largest of their kind, then its frames, then its packets. */
export const legsOffset: i32 = statisticsOffset + legsMax * statisticsBytes;
export const decoderStateOffset: i32 = 0;
export const encoderStateOffset: i32 = 256;
export const detectorStateOffset: i32 = 512;
/** What the digit detector says: three u32. */
export const heardDigitOffset: i32 = 928;
/** One resampler for what the detector hears, one for what is sent. */
export const hearingResamplerOffset: i32 = 960;
export const sendingResamplerOffset: i32 = 1056;
export const concealerStateOffset: i32 = 1152;
/** A frame is 10 ms. As it came, put together from packets when no single packet holds it all. */
export const codeFrameOffset: i32 = 3264;
/** One code a byte, of codecs that pack them: received and to be sent. */
export const receivedCodesOffset: i32 = 3584;
export const sentCodesOffset: i32 = 3712;
/** Linear samples, i16, up to 16 kHz: what was received, what the detector hears of it, what is to be coded. */
export const pcmFrameOffset: i32 = 3840;
export const hearingFrameOffset: i32 = 4160;
export const sendingFrameOffset: i32 = 4480;
/** The packet being sent: header and up to 60 ms of two bytes a sample at 16 kHz. */
export const sendPacketOffset: i32 = 4800;
/** Received packets lie in slots, the larger the fewer; no datagram longer than the largest is taken. */
export const receiveSlotsOffset: i32 = 6784;
export const receiveSlotsBytes: i32 = 20480;
export const slotBytesMin: i32 = 512;
export const slotBytesMax: i32 = 2048;
export const legBytes: i32 = receiveSlotsOffset + receiveSlotsBytes;

/** What of the 64 MiB is laid out. */
export const memoryEnd: i32 = legsOffset + legsMax * legBytes;
