import { expect, test } from "vitest";
import { depthMax, parseXml, type XmlElement } from "../../../firmware/protocol/xml.js";
import { attributesMax } from "../../../firmware/protocol/xml-tag.js";

function root(text: string) {
  const result = parseXml(text);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

test("prefixes are resolved where they are declared, and a default namespace covers elements without one", () => {
  const { namespace, children } = root('<a xmlns="urn:one" xmlns:x="urn:two"><b/><x:c/><d xmlns=""/></a>');
  expect(namespace).toBe("urn:one");
  expect(children.map((child) => `${child.namespace} ${child.name}`)).toEqual(["urn:one b", "urn:two c", " d"]);
});

test("entities, references and CDATA say what they stand for; comments and instructions say nothing", () => {
  const text =
    '<?xml version="1.0"?><!-- a --><a b="&lt;&#x41;&#66;&quot;">x&amp;y<!-- <z> --><![CDATA[<&>]]><?p q?></a>\n';
  expect(root(text)).toMatchObject({ text: "x&y<&>" });
  expect(root(text).attributes.get("b")).toBe('<AB"');
});

test("an attribute may hold the sign that ends a tag", () => {
  expect(root("<a b='1>0' c=\"'\"/>").attributes.get("b")).toBe("1>0");
});

test("a document type, an unknown entity and a forbidden character are refused", () => {
  expect(parseXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').ok).toBe(false);
  expect(parseXml("<a>&b;</a>")).toEqual({ ok: false, reason: "an unknown entity or a bad character reference" });
  for (const code of ["#0", "#xD800", "#x110000"]) expect(parseXml(`<a>&${code};</a>`).ok).toBe(false);
});

test("what is not closed, closed twice, or beside the root is refused", () => {
  for (const text of [
    "<a>",
    "<a></b>",
    "<a/></a>",
    "<a/><b/>",
    "x<a/>",
    "<a/>x",
    "",
    "<a b=1/>",
    "<a b='1' b='2'/>",
    "<p:a/>",
  ])
    expect(parseXml(text).ok, text).toBe(false);
});

test("depth is bounded, and so is the time for a long run of anything", () => {
  expect(parseXml("<a>".repeat(depthMax) + "</a>".repeat(depthMax)).ok).toBe(true);
  expect(parseXml("<a>".repeat(depthMax + 1) + "</a>".repeat(depthMax + 1)).ok).toBe(false);
  for (const piece of ["<", "<a ", "<!--", "<![CDATA[", "<a b='", "&", "<a b=''"])
    expect(parseXml(piece.repeat(20_000)).ok).toBe(false);
});

test("children of the root are handed over one by one and not kept, and a reason ends the reading", () => {
  const taken: string[] = [];
  const take = ({ name, children }: XmlElement) => {
    taken.push(`${name} ${children.map((child) => child.name).join()}`);
    return name === "stop" ? "no more" : null;
  };
  const result = parseXml("<a><b><c/><d/></b><e/></a>", take);
  expect(result.ok && result.value.children).toEqual([]);
  expect(taken).toEqual(["b c,d", "e "]);
  expect(parseXml("<a><stop/><f/></a>", take)).toEqual({ ok: false, reason: "no more" });
});

test("attributes are found in whatever order they are asked for, by their whole name", () => {
  const { attributes } = root('<a one="1" oneone="11" x:one="x1" three = "3"\n four=\'a\tb\' xmlns:x="urn:x"/>');
  const asked = ["three", "one", "oneone", "x:one", "four", "on", "one", "absent", "three"];
  expect(asked.map((name) => attributes.get(name))).toEqual([
    "3",
    "1",
    "11",
    "x1",
    "a b",
    undefined,
    "1",
    undefined,
    "3",
  ]);
});

test("attributes have a limit and need white space between them", () => {
  const many = (count: number) =>
    `<a ${Array.from({ length: count }, (_, index) => `n${index}="${index}"`).join(" ")}/>`;
  expect(root(many(attributesMax)).attributes.get(`n${attributesMax - 1}`)).toBe(String(attributesMax - 1));
  expect(parseXml(many(attributesMax + 1))).toEqual({ ok: false, reason: "more than 64 attributes in <a>" });
  for (const text of [
    '<a b="1"c="2"/>',
    '<a b="1" / >',
    '<a b="1"',
    '<a b="1',
    "<a b",
    "<a b=",
    '<a b="<"/>',
    '<a b="&z;"/>',
  ])
    expect(parseXml(text).ok, text).toBe(false);
});
