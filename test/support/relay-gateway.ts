/** Our gateway as a process, set up as osmo-mgw.ts sets up that one: the same endpoints of the same domain. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Program } from "../../host/cli/demo/program.js";
import type { RunningGateway } from "./osmo-mgw.js";
import { holdoverBin } from "./programs.js";

/** `folder` holds its configuration; `agent` is the address that may command it. It listens when this is done. */
export async function startRelayGateway(folder: string, address: string, agent: string): Promise<RunningGateway> {
  const file = join(folder, "gateway.yaml");
  const media = { codings: ["PCMU", "PCMA"], portFirst: 31_000, portLast: 31_998 };
  const relay = { prefix: "rtpbridge/", count: 31 };
  writeFileSync(file, JSON.stringify({ name: "mgw", address, media, callAgents: [{ address: agent }], relay }));
  const program = new Program(holdoverBin, { title: "gateway", args: ["gateway", "-c", file] }, () => undefined);
  await program.event("listening", ({ event }) => event === "listening", 20_000);
  return {
    end: async () => {
      await program.end();
    },
  };
}
