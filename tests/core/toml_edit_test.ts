import assert from "node:assert/strict";
import { parseTOML } from "toml-eslint-parser";
import { tomlString, withBlock, withoutBlock, withString } from "../../lib/core/toml_edit.ts";

const BLOCK = `[[plugins.load]]\nsource = "./n.ts"\n`;

const FILE = `# mine
[agent]   # odd   spacing
command = [ "x",
  "y" ]   # kept

[[plugins.load]] # first
# why
source = "./a.ts" # where
permissions = { read = ["a"] }

# about b
[[ plugins . "load" ]]
source = './b.ts'
sha256 = "old" # reviewed

[plugins.load.config]
a = 1
[[hooks]]
on = "dirty"
`;

Deno.test("withBlock() adds the block after one empty line, in the newlines of the text", () => {
  const cases: [string, string][] = [
    ["", BLOCK],
    ["a = 1\n", `a = 1\n\n${BLOCK}`],
    ["a = 1", `a = 1\n\n${BLOCK}`],
    ["a = 1\n\n", `a = 1\n\n${BLOCK}`],
    ["a = 1 # last", `a = 1 # last\n\n${BLOCK}`],
    ["a = 1\r\nb = 2\r\n", `a = 1\r\nb = 2\r\n\r\n${BLOCK.replaceAll("\n", "\r\n")}`],
    ["a = 1\r\nb = 2", `a = 1\r\nb = 2\r\n\r\n${BLOCK.replaceAll("\n", "\r\n")}`],
    ["a = 1\r\n\r\n", `a = 1\r\n\r\n${BLOCK.replaceAll("\n", "\r\n")}`],
  ];
  for (const [text, wanted] of cases) assert.equal(withBlock(text, BLOCK), wanted, JSON.stringify(text));
});

Deno.test("withoutBlock() takes back what withBlock() added", () => {
  for (const text of [FILE, FILE.replaceAll("\n", "\r\n"), "a = 1\n", ""]) {
    const index = text.includes("plugins") ? 2 : 0;
    assert.equal(withoutBlock(parseTOML, withBlock(text, BLOCK), "plugins.load", index), text);
  }
});

Deno.test("withoutBlock() removes a table with those in it, and leaves comments that stand outside", () => {
  assert.equal(
    withoutBlock(parseTOML, FILE, "plugins.load", 1),
    FILE.replace(/\[\[ plugins[^]*a = 1\n/, ""),
  );
  assert.equal(
    withoutBlock(parseTOML, FILE, "plugins.load", 0),
    FILE.replace(/\n\[\[plugins.load[^]*\["a"\] \}\n/, ""),
  );
});

Deno.test("withoutBlock() removes tables that another one stands between", () => {
  const text = `${BLOCK}[other]\nx = 1\n[plugins.load.permissions]\nemit = true\n[last]\n`;
  assert.equal(withoutBlock(parseTOML, text, "plugins.load", 0), "[other]\nx = 1\n[last]\n");
});

Deno.test("withoutBlock() is null for a list that is written as a value, and for a table too many", () => {
  assert.equal(withoutBlock(parseTOML, `[plugins]\nload = [{ source = "x" }]\n`, "plugins.load", 0), null);
  assert.equal(withoutBlock(parseTOML, FILE, "plugins.load", 2), null);
});

Deno.test("withString() replaces a value and nothing else", () => {
  const at = { list: "plugins.load", index: 1, key: "sha256", after: "source" };
  for (const text of [FILE, FILE.replaceAll("\n", "\r\n")]) {
    assert.equal(withString(parseTOML, text, at, "new"), text.replace('"old"', '"new"'));
  }
});

Deno.test("withString() adds a key after another one that is there", () => {
  const at = { list: "plugins.load", index: 0, key: "sha256", after: "source" };
  for (const nl of ["\n", "\r\n"]) {
    const text = FILE.replaceAll("\n", nl);
    assert.equal(withString(parseTOML, text, at, "n"), text.replace("# where", `# where${nl}sha256 = "n"`));
  }
  const last = BLOCK.trimEnd();
  assert.equal(withString(parseTOML, last, at, "n"), `${last}\nsha256 = "n"`);
});

Deno.test("withString() finds the items of a list that is written as a value", () => {
  const at = { list: "plugins.load", index: 1, key: "sha256", after: "source" };
  for (
    const [head, tail] of [["[plugins]\nload = [", "]\n"], ["plugins.load = [", "]"], [
      "plugins = { load = [",
      "] }",
    ]]
  ) {
    const text = `${head}{ source = "a" }, { source = "b", trust = "full" }${tail}`;
    assert.equal(
      withString(parseTOML, text, at, "n"),
      text.replace('"b"', '"b", sha256 = "n"'),
    );
  }
  assert.equal(withString(parseTOML, "a = 1\n", at, "n"), null);
});

Deno.test("tomlString() is read as what it was", () => {
  for (const text of ['a"b\\', "\u007f\u0001\n\t", "ünï ✓", "\u2028"]) {
    const tree = parseTOML(`a = ${tomlString(text)}`) as unknown as {
      body: { body: { value: { value: string } }[] }[];
    };
    assert.equal(tree.body[0]!.body[0]!.value.value, text);
  }
});
