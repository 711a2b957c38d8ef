import { describe, expect, test } from "vitest";
import { presenceFault } from "../../../../firmware/protocol/mgcp/parameter-presence.js";
import { parseDatagram } from "../../../../firmware/protocol/mgcp/parse.js";

const encoder = new TextEncoder();

function faultOf(text: string): number | null {
  const [result] = parseDatagram(encoder.encode(`${text}\n`));
  if (result?.ok !== true || result.message.kind !== "command") throw new Error(`not a command: ${text}`);
  return presenceFault(result.message)?.code ?? null;
}

describe("what a command must and must not have (RFC 3435 section 3.2.2)", () => {
  test.each([
    ["CRCX 1 a@g MGCP 1.0\nC: 1\nM: recvonly", null],
    ["CRCX 1 a@g MGCP 1.0\nM: recvonly", 516],
    ["CRCX 1 a@g MGCP 1.0\nC: 1", 517],
    ["CRCX 1 a@g MGCP 1.0\nC: 1\nM: recvonly\nI: 1", 539],
    ["CRCX 1 a@g MGCP 1.0\nC: 1\nM: recvonly\nR: L/hd", 539],
    ["CRCX 1 a@g MGCP 1.0\nC: 1\nM: recvonly\nX: 1\nR: L/hd", null],
    ["MDCX 1 a@g MGCP 1.0\nC: 1", 515],
    ["MDCX 1 a@g MGCP 1.0\nC: 1\nI: 1\n\nv=0", null],
    ["DLCX 1 a@g MGCP 1.0", null],
    ["DLCX 1 a@g MGCP 1.0\n\nv=0", 539],
    ["RQNT 1 a@g MGCP 1.0\nR: L/hd", 539],
    ["RQNT 1 a@g MGCP 1.0\nX: 1\nRM: restart", 539],
    ["NTFY 1 a@g MGCP 1.0\nX: 1", 539],
    ["AUCX 1 a@g MGCP 1.0\nI: 1", 539],
    ["AUEP 1 *@g MGCP 1.0", null],
    ["RSIP 1 *@g MGCP 1.0", 536],
    ["RSIP 1 *@g MGCP 1.0\nRM: restart\nRD: 0", null],
    ["EPCF 1 a@g MGCP 1.0", 539],
    ["EPCF 1 a@g MGCP 1.0\nB: e:mu", null],
    ["EPCF 1 a@g MGCP 1.0\nLCK/LST: 60", null],
    ["MESG 1 a@g MGCP 1.0", null],
  ])("%j: %s", (text, code) => {
    expect(faultOf(text)).toBe(code);
  });
});
