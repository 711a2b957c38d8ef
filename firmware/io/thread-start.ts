/**
 * Starting a thread, with a limit. Seen a few times in some hundreds of starts on a busy machine (Node 20.20): the thread
 * runs, but its first message never arrives, and nothing of it is left at the port. So it is not waited for for ever, and
 * another thread is started in its stead.
 */
import type { Worker } from "node:worker_threads";

export const startTriesMax = 3;
/** A small machine takes a while to load and to warm up. */
export const readyMsMax = 10_000;

/** What the thread says first; null: it said nothing in time, and was ended. */
export async function firstWord<Word>(worker: Worker, word: Promise<Word>, withinMs: number): Promise<Word | null> {
  let deadline: NodeJS.Timeout | undefined;
  const silence = new Promise<null>((resolve) => {
    deadline = setTimeout(() => resolve(null), withinMs);
  });
  const said = await Promise.race([word, silence]).finally(() => clearTimeout(deadline));
  if (said === null) await worker.terminate();
  return said;
}
