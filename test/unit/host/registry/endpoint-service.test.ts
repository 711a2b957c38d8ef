import { expect, test } from "vitest";
import { EndpointService, namesOutMax } from "../../../../host/registry/endpoint-service.js";

test("what is taken out by one name comes back by another that covers it", () => {
  const service = new EndpointService();
  service.takeOut("aaln/[1-3]");
  expect(["aaln/1", "AALN/3", "aaln/4"].map((name) => service.isIn(name))).toEqual([false, false, true]);
  service.takeOut("aaln/4");
  service.bringBack("aaln/4");
  expect(service.isIn("aaln/4")).toBe(true);
  service.bringBack("*");
  expect(service.isIn("aaln/1")).toBe(true);
});

test("a gateway that takes out more names than are kept is out as a whole", () => {
  const service = new EndpointService();
  for (let line = 0; line <= namesOutMax; line += 1) service.takeOut(`aaln/${line}`);
  expect(service.isIn("other/1")).toBe(false);
});
