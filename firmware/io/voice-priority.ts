import { setPriority } from "node:os";

/** Of -20 to 19: before ordinary programs, behind what keeps the system alive. */
export const voiceNiceness = -15;

/**
 * Puts this process's main thread before ordinary programs, so that a busy box does not make the voice wait. It needs
 * root, CAP_SYS_NICE or an rlimit; where that is missing nothing changes.
 */
export function preferVoice(): void {
  try {
    setPriority(voiceNiceness);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code !== "ERR_SYSTEM_ERROR") throw error;
  }
}
