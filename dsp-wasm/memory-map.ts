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
//              legs: codec states, code frame, PCM frame, packet being sent, packets received
//   64 MiB

/** Legs of one engine: a gateway of a thousand calls has two legs each. */
export const legsMax: i32 = 2048;

export const jobBytes: i32 = 16;
/** Ten operations at most have a table of their own. */
export const jobTablesMax: i32 = 10;
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
export const statisticsBytes: i32 = 192;

/** Head of a leg: room for two codec states (one a direction), then frames and packets at the offsets below. */
export const legsOffset: i32 = statisticsOffset + legsMax * statisticsBytes;
export const decoderStateOffset: i32 = 0;
export const encoderStateOffset: i32 = 256;
/** Coded samples of one frame, put together from packets when no single packet holds them all. */
export const codeFrameOffset: i32 = 512;
/** 10 ms of linear samples, i16, up to 48 kHz. */
export const pcmFrameOffset: i32 = 1024;
/** The packet being sent: header and up to 60 ms at one byte a sample. */
export const sendPacketOffset: i32 = 2048;
/** Slots of received packets; the largest datagram that is taken. */
export const receiveSlotsOffset: i32 = 2560;
export const packetSlotBytes: i32 = 512;
export const receiveSlotsMax: i32 = 32;
export const legBytes: i32 = receiveSlotsOffset + receiveSlotsMax * packetSlotBytes;

/** What of the 64 MiB is laid out. */
export const memoryEnd: i32 = legsOffset + legsMax * legBytes;
