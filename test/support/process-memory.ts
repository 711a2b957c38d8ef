/** What Linux says of running programs. */
import { readFileSync } from "node:fs";

/** Null when it has ended. */
export function residentBytesOf(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
}

/** Datagrams that the kernel threw away before a program read them, by its socket: the last column of /proc/net/udp. */
export function droppedBySocket(): Map<string, number> {
  const [, ...rows] = readFileSync("/proc/net/udp", "utf8").trim().split("\n");
  return new Map(
    rows.map((row) => {
      const fields = row.trim().split(/\s+/);
      return [`${fields[1]} ${fields[9]}`, Number(fields.at(-1))];
    }),
  );
}
