/** Looks a domain name up as the machine does, its hosts file included. */
import { lookup } from "node:dns/promises";

/** IP literals in the order the system gives them; empty when the name is not found, or nobody can be asked. */
export async function lookUpAddresses(name: string): Promise<string[]> {
  try {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    if (error instanceof Error && "code" in error) return [];
    throw error;
  }
}
