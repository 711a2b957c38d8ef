import { readFileSync } from "node:fs";

/** Another one after each start of the machine (proc(5), random/boot_id); empty where the system has none. */
export function machineRun(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim().slice(0, 64);
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}
