import assert from "node:assert/strict";
import { markFirstCalls } from "../../deploy/first_calls.ts";

/** All forms that a function can have; each is called at the start, but for the last two. */
const SCRIPT = `
const said = [twice(2), nested(1)];
function twice(n) { return n > 3 ? n : twice(n * 2); }
function nested(n) { function inner() { return n + 1; } return [inner, (a = () => n) => a()].map((f) => f()); }
async function later() { return await (async () => "later")(); }
function* steps() { yield* [1, 2]; }
const base = { name() { return "base"; } };
const object = {
  __proto__: base,
  plain() { return this.kept; },
  name() { return super.name() + " and more"; },
  async soon() { return "soon"; },
  *each() { yield 3; },
  ["com" + "puted"]() { return "computed"; },
  "lib/x.ts"() { return 4; },
  get kept() { return 5; },
  arrow: () => 6,
  expression: function named() { return typeof named; },
};
class Base { constructor() { this.field = (() => 7)(); } static of() { return new this(); } }
class Derived extends Base { #hidden = () => 8; get all() { return [this.field, this.#hidden()]; } }
said.push(await later(), ...steps(), object.plain(), object.name(), await object.soon(), ...object.each());
said.push(object.computed(), object["lib/x.ts"](), object.arrow(), object.expression(), Derived.of().all);
console.log(JSON.stringify(said), twice.name, object.plain.name, object.arrow.name);
function never() { return (() => 9)(); }
export { never };
`;

Deno.test("markFirstCalls() marks what is called at a start, and nothing else changes", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "first-calls-" }));
  try {
    await Deno.writeTextFile(`${dir}/plain.js`, SCRIPT);
    const marked = await markFirstCalls(`${dir}/plain.js`);
    await Deno.writeTextFile(`${dir}/marked.js`, marked);
    const said = await output(`${dir}/plain.js`);
    assert.match(said, /^\[4,\[2,1\],"later",1,2,5,"base and more",/);
    assert.equal(await output(`${dir}/marked.js`), said);
    for (
      const form of [
        "var twice=(function twice(n) {",
        "var later=(async function later() {",
        "var steps=(function* steps() {",
        "plain:(function() {",
        `"lib/x.ts":(function() {`,
        "arrow: (() => 6)",
        "((f) => f())",
      ]
    ) assert.ok(marked.includes(form), form);
    assert.ok(marked.includes("function never() { return (() => 9)(); }"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

async function output(path: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--no-lock", "--quiet", path],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
