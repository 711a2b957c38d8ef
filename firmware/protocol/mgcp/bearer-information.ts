/** BearerInformation (RFC 3435 section 3.2.2.1): `e:mu`, to a value and back. */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { splitList } from "./list-syntax.js";
import type { BearerInformation, OtherOption } from "./message.js";

export function parseBearerInformation(text: string): ParseResult<BearerInformation> {
  const elements = splitList(text, "none");
  if (!elements.ok) return elements;
  let encoding: "A" | "mu" | undefined;
  const others: OtherOption[] = [];
  const seen = new Set<string>();
  for (const element of elements.value) {
    const colon = element.indexOf(":");
    const name = (colon < 0 ? element : element.slice(0, colon)).trim().toLowerCase();
    const value = colon < 0 ? "" : element.slice(colon + 1).trim();
    if (!/^[\x21-\x7e]{1,64}$/.test(name)) return refused("an attribute without a name");
    if (seen.has(name)) return refused(`${name} is there twice`);
    seen.add(name);
    if (name !== "e") others.push({ name, value });
    else if (value.toLowerCase() === "a") encoding = "A";
    else if (value.toLowerCase() === "mu") encoding = "mu";
    else return refused(`e:${value.slice(0, 40)} is neither A nor mu`);
  }
  return parsed({ ...(encoding !== undefined && { encoding }), ...(others.length > 0 && { others }) });
}

export function writeBearerInformation({ encoding, others = [] }: BearerInformation): string {
  const parts = encoding === undefined ? [] : [`e:${encoding}`];
  for (const { name, value } of others) parts.push(value === "" ? name : `${name}:${value}`);
  return parts.join(", ");
}
