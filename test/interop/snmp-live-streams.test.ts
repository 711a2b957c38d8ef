/** A running gateway's call as RTP-MIB and DIAL-CONTROL-MIB tell it to Debian's snmp tools: both sides of a call name one stream. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Exchange } from "../support/exchange.js";
import { community, snmpPort } from "../support/exchange-configuration.js";
import { foreignProgram } from "../support/foreign-program.js";

const exchange = new Exchange({ net: 7, backup: false });
const { gateways, asker } = exchange.addresses;
const rtpMib = ".1.3.6.1.2.1.87.1";

/** Names, as far as they follow `under`, to values. */
function walked(side: 0 | 1, under: string): [index: string, value: string][] {
  const options = ["-v2c", "-c", community, "-OnqU", "-t", "2", "-r", "2", `--clientaddr=${asker}`];
  const target = [`${gateways[side]}:${snmpPort}`, under];
  const text = execFileSync("snmpbulkwalk", [...options, ...target], { encoding: "utf8" });
  return text
    .trim()
    .split("\n")
    .filter((line) => line.startsWith(`${under}.`))
    .map((line) => {
      const [name = "", ...value] = line.split(" ");
      return [name.slice(under.length + 1), value.join(" ")];
    });
}

describe.skipIf(!foreignProgram("snmpbulkwalk", "snmp").installed)("a call between two running gateways", () => {
  beforeAll(async () => {
    await exchange.start();
    await exchange.call();
  });

  afterAll(() => exchange.end());

  test("is heard there under the SSRC that is sent here, with as many packets as go by", async () => {
    await vi.waitFor(
      () => {
        const [[sent = "", packets] = []] = walked(0, `${rtpMib}.5.1.4`);
        const [[heard = "", received] = []] = walked(1, `${rtpMib}.7.1.12`);
        expect(heard.split(".")[1]).toBe(sent.split(".")[1]);
        expect(Number(packets)).toBeGreaterThan(20);
        expect(Number(received)).toBeGreaterThan(20);
      },
      { timeout: 20_000, interval: 200 },
    );
  });

  test("is one active call at each gateway", () => {
    for (const side of [0, 1] as const) {
      const states = walked(side, ".1.3.6.1.2.1.10.21.1.3.1.1.9");
      expect(states.map(([, state]) => state)).toEqual(["4"]);
    }
  });
});
