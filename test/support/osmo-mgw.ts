/** Debian's osmo-mgw as a process: two connections to an endpoint, `rtpbridge/1` to `rtpbridge/1f` of domain `mgw`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Address } from "../../firmware/protocol/address.js";
import { foreignProgram } from "./foreign-program.js";

export const osmoMgw = foreignProgram("osmo-mgw", "osmo-mgw");

/** A running gateway, and how to end it. */
export interface RunningGateway {
  readonly end: () => Promise<void>;
}

/** `folder` holds its configuration. It may not answer yet. */
export function startOsmoMgw(folder: string, { address, port }: Address): RunningGateway {
  const file = join(folder, "osmo-mgw.cfg");
  const configuration = `line vty
 bind ${address} 4243
mgcp
 domain mgw
 bind ip ${address}
 bind port ${port}
 rtp port-range 4002 4999
 rtp bind-ip ${address}
 number endpoints 31
 sdp audio payload number 0
 sdp audio payload name PCMU
 loop 0
`;
  writeFileSync(file, configuration);
  const child: ChildProcess = spawn(osmoMgw.path, ["-c", file], { stdio: "ignore" });
  const ended = once(child, "exit");
  return {
    end: async () => {
      child.kill();
      await ended;
    },
  };
}
