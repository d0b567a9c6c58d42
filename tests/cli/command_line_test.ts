import assert from "node:assert/strict";
import { type Group, readLine, verb } from "../../lib/cli/command_line.ts";
import type { GlobalFlags } from "../../lib/cli/context.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { COUNT, oneOf, POSITIVE, TEXT } from "../../lib/cli/word_kinds.ts";

interface LookFlags extends GlobalFlags {
  readonly maxRows?: number;
  readonly width: number;
  readonly color: boolean;
  readonly all: boolean;
}

function nothing() {
  return Promise.resolve(() => 0 as const);
}

const PROGRAM: Group = {
  brief: "Looks at things.",
  verbs: () =>
    Promise.resolve({
      look: verb<LookFlags, ["near" | "far", number?]>({
        brief: "Look.",
        text: "Looks, long and well.",
        flags: {
          maxRows: { kind: "value", text: "No more rows.", placeholder: "n", of: POSITIVE },
          width: { kind: "value", text: "How wide.", placeholder: "n", of: COUNT, usual: 80 },
          color: { kind: "switch", text: "In colour.", usual: true },
          all: { kind: "switch", text: "Hidden things too." },
        },
        args: [
          { text: "Where to.", placeholder: "where", of: oneOf("near", "far") },
          { text: "How far.", placeholder: "steps", of: COUNT, count: "optional" },
        ],
        load: nothing,
      }),
      say: verb<Record<never, never>, string[]>({
        isBare: true,
        brief: "Say it.",
        args: [{ text: "What.", placeholder: "word", of: TEXT, count: "many" }],
        load: nothing,
      }),
      tool: {
        brief: "Things to look with.",
        verbs: () => Promise.resolve({ list: verb<GlobalFlags>({ brief: "List them.", load: nothing }) }),
      },
    }),
};

const USUAL = { width: 80, color: true, all: false, json: false, config: undefined, maxRows: undefined };

async function read(words: string) {
  return await readLine(PROGRAM, words === "" ? [] : words.split(" "));
}

Deno.test("readLine() gives a verb its flags and arguments, the later of two winning", async () => {
  const cases: readonly (readonly [words: string, flags: object, args: readonly unknown[]])[] = [
    ["look near", {}, ["near"]],
    ["look --max-rows 3 far --all 7", { maxRows: 3, all: true }, ["far", 7]],
    ["look --max-rows=3 --max-rows 4 near", { maxRows: 4 }, ["near"]],
    ["look near --no-color", { color: false }, ["near"]],
    ["look --no-color near --color", { color: true }, ["near"]],
    ["--json --config a look near --config b", { json: true, config: "b" }, ["near"]],
    ["--config=a=b look near", { config: "a=b" }, ["near"]],
    ["look -- near 5", {}, ["near", 5]],
    ["-- look near", {}, ["near"]],
  ];
  for (const [words, flags, args] of cases) {
    const line = await read(words);
    assert.ok(line.kind === "run", words);
    assert.deepEqual({ ...USUAL, ...line.flags }, { ...USUAL, ...flags }, words);
    assert.deepEqual(line.args, args, words);
  }
});

Deno.test("readLine() leaves a bare verb the words behind --, and finds verbs behind verbs", async () => {
  const said = await read("say a -- --json -x");
  assert.ok(said.kind === "run");
  assert.deepEqual([said.flags, said.args], [{}, ["a", "--json", "-x"]]);
  const list = await read("--config a tool --json list");
  assert.ok(list.kind === "run");
  assert.deepEqual([list.path, list.flags, list.json], [["tool", "list"], { config: "a", json: true }, true]);
});

Deno.test("readLine() names all that is wrong, with what may have been meant", async () => {
  const cases: readonly (readonly [words: string, ...problems: readonly string[]])[] = [
    ["lok near", 'lok: unknown command; did you mean "look"?'],
    ["tool lst", 'lst: unknown command; did you mean "list"?'],
    ["constructor", "constructor: unknown command"],
    ["--jsno look near", '--jsno: unknown flag; did you mean "--json"?'],
    ["look near --max-row 3", '--max-row: unknown flag; did you mean "--max-rows"?'],
    ["look near --maxRows=3", '--maxRows: unknown flag; did you mean "--max-rows"?'],
    ["look near --no-colr", '--no-colr: unknown flag; did you mean "--no-color"?'],
    ["look near --no-all", "--no-all: unknown flag"],
    ["look near -x", "-x: unknown flag"],
    ["look near --all=yes", '--all: takes no value, got "yes"'],
    ["look near --max-rows", "--max-rows: needs a value: a whole number from 1 on"],
    ["look --max-rows --all near", "--max-rows: needs a value: a whole number from 1 on"],
    ["look near --config=", '--config: expected a path, got ""'],
    ["look", "<where>: missing (Where to)"],
    ["look fra", '<where>: expected near or far, got "fra"; did you mean "far"?'],
    ["look near 1 2 3", "2: one word too many", "3: one word too many"],
    [
      "look --max-rows 0 near x --width -1",
      '--max-rows: expected a whole number from 1 on, got "0"',
      '--width: expected a whole number from 0 on, got "-1"',
      '<steps>: expected a whole number from 0 on, got "x"',
    ],
    ["say", "<word>: missing (What)"],
    ["say a --json", "--json: unknown flag"],
    ["--json say a", "--json: this command has no such flag"],
  ];
  for (const [words, ...problems] of cases) {
    const line = await read(words);
    assert.ok(line.kind === "wrong", words);
    assert.deepEqual(line.problems.map(({ where, text }) => `${where}: ${text}`), problems, words);
  }
});

Deno.test("readLine() quotes what is wrong, when it is empty or holds control characters", async () => {
  const cases: readonly (readonly [words: readonly string[], problem: string])[] = [
    [[""], '"": unknown command'],
    [["\x1b[2J"], '"\\u001b[2J": unknown command'],
    [["--\x9b2J\n", "look"], '"--\\u009b2J\\n": unknown flag'],
    [["look", "near", "1", "\x7f"], '"\\u007f": one word too many'],
    [["look", "\x9b"], '<where>: expected near or far, got "\\u009b"'],
    [["look", "near", "--all=\x9b"], '--all: takes no value, got "\\u009b"'],
    [['zwölf \\ "x"'], 'zwölf \\ "x": unknown command'],
  ];
  for (const [words, expected] of cases) {
    const line = await readLine(PROGRAM, words);
    assert.ok(line.kind === "wrong", expected);
    assert.deepEqual(line.problems.map(({ where, text }) => `${where}: ${text}`), [expected]);
  }
});

Deno.test("readLine() hears --json, whatever else is wrong", async () => {
  for (
    const words of [
      "lok near --json",
      "tool lst --json",
      "--jsno look --json",
      "look fra --json",
      "--json lok",
    ]
  ) {
    const line = await read(words);
    assert.deepEqual([line.kind, line.json], ["wrong", true], words);
  }
  for (const words of ["lok near", "tool lst json", "--jsno look"]) {
    assert.equal((await read(words)).json, false, words);
  }
});

Deno.test("readLine() hears --help and --version, whatever else is wrong", async () => {
  for (const words of ["look --help", "look -h --lok", "--help look", "tool --help", "tool list -h"]) {
    const line = await read(words);
    assert.ok(line.kind === "help" && line.isAsked, words);
  }
  for (const words of ["--version", "-v", "look --version"]) {
    assert.equal((await read(words)).kind, "version");
  }
  for (const words of ["", "tool", "--json"]) {
    const line = await read(words);
    assert.ok(line.kind === "help" && !line.isAsked, words);
  }
  assert.equal((await read("say -- --help")).kind, "run");
});

Deno.test("helpText() says what a verb takes", async () => {
  const line = await read("look --help");
  assert.ok(line.kind === "help");
  assert.equal(
    await helpText("program look", line.of),
    `USAGE
  program look [flags] <where> [<steps>]

Looks, long and well.

ARGUMENTS
  <where>    Where to.
  [<steps>]  How far.

FLAGS
  --max-rows <n>   No more rows.
  --width <n>      How wide. [default: 80]
  --[no-]color     In colour. [default: yes]
  --all            Hidden things too.
  --config <path>  Configuration file. [default: agent-runner.toml]
  --json           Data and errors as JSON.
  -h, --help       Print this.
`,
  );
});

Deno.test("helpText() lists the verbs of a group", async () => {
  const text = await helpText("program", PROGRAM);
  assert.match(
    text,
    /^USAGE\n {2}program <command> \[flags\]\n\nLooks at things\.\n\nCOMMANDS\n {2}look {2}Look\.\n/,
  );
  assert.match(text, /\nAll about a command: program <command> --help\n$/);
});
