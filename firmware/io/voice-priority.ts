/**
 * The voice goes first: its threads run before ordinary programs, as soon as there is something for them to do, so that a
 * busy box does not make it wait. Linux, with root, CAP_SYS_NICE or an rlimit; where that is missing nothing changes.
 */
import { readdirSync } from "node:fs";
import { type Libc, linux } from "./libc.js";

/** Real-time, of 1 to 99: the least that go before all others. The kernel leaves these a twentieth even so. */
const voicePriority = 2;
const helperPriority = 1;
/** Of -20 to 19: where real-time is not allowed. */
const voiceNiceness = -15;

/** The calling thread carries voice. */
export function preferVoice(libc: Libc): void {
  prefer(libc, 0, voicePriority);
}

/**
 * The threads that V8 keeps for compiling and for collecting garbage: one that carries voice has to wait for them now and
 * then. To be called by the main thread before it starts others; itself it stays as it is.
 */
export function preferHelpersOfVoice(libc: Libc): void {
  for (const thread of readdirSync("/proc/self/task"))
    if (Number(thread) !== process.pid) prefer(libc, Number(thread), helperPriority);
}

function prefer(libc: Libc, thread: number, priority: number): void {
  const parameters = new SharedArrayBuffer(4);
  new Int32Array(parameters)[0] = priority;
  if (libc.sched_setscheduler(thread, linux.schedulingRoundRobin, libc.addressOf(parameters)) < 0)
    libc.setpriority(0, thread, voiceNiceness);
}
