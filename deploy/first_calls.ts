/**
 * Puts the functions that a start calls into parentheses. The engine takes that as a sign to compile them with the
 * script, and only what is compiled then is kept for the next start; all else is compiled anew each time it is called.
 * Which functions they are is not guessed: the script is started, and the engine says.
 *
 * @module
 */
import { type AnyNode, parse } from "acorn";
import MagicString from "magic-string";
import type { Draft } from "../lib/core/events.ts";
import { EventLog } from "../lib/store/event_log.ts";
import { layoutOf } from "../lib/store/layout.ts";
import { systemHost } from "../lib/sys/mod.ts";

/** What is started often and should answer at once. */
const STARTS = [["--version"], ["--help"], ["peek"], ["peek", "--json"], ["why"], ["status"], ["events"]];

/** The text of the script at `path`, with these functions marked. */
export async function markFirstCalls(path: string): Promise<string> {
  const text = await Deno.readTextFile(path);
  const called = await firstCalls(await Deno.realPath(path));
  const marked = new MagicString(text);
  mark(parse(text, { ecmaVersion: "latest", sourceType: "module" }), null, { text, called, marked });
  return marked.toString();
}

/** Where the called functions end and begin, in characters of the script. */
type Calls = ReadonlyMap<number, number>;

async function firstCalls(path: string): Promise<Calls> {
  const dir = await Deno.makeTempDir({ prefix: "agent-runner-build-" });
  try {
    writeProject(dir);
    const calls = new Map<number, number>();
    for (const words of STARTS) {
      for (const [end, start] of await callsOf(path, words, dir)) calls.set(end, start);
    }
    return calls;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function callsOf(path: string, words: readonly string[], dir: string): Promise<Calls> {
  const log = `${dir}/functions.log`;
  const flags = `--v8-flags=--log-function-events,--no-logfile-per-isolate,--logfile=${log}`;
  const args = ["run", "-A", "--no-config", "--no-lock", "--no-code-cache", "--quiet", flags, path, ...words];
  await new Deno.Command(Deno.execPath(), { args, cwd: dir, stdout: "null", stderr: "null" }).output();
  const lines = (await Deno.readTextFile(log)).split("\n").map((line) => line.split(","));
  const [, id] = lines.find(([kind, , name]) => kind === "script-details" && name === `file://${path}`) ?? [];
  if (id === undefined) throw new Error(`Cannot see what ${path} ${words.join(" ")} calls`);
  const compiled = lines.filter(([kind, what, script]) =>
    kind === "function" && what === "interpreter" && script === id
  );
  return new Map(compiled.map(([, , , start, end]) => [Number(end), Number(start)]));
}

interface Marking {
  readonly text: string;
  readonly called: Calls;
  readonly marked: MagicString;
}

/** Marks what is called of the node and all below it. */
function mark(node: AnyNode, parent: AnyNode | null, marking: Marking): void {
  if (isCalled(node, marking)) markFunction(node, parent, marking);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) mark(child, node, marking);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** The engine lets a function begin at its parameters. */
function isCalled(node: AnyNode, { called }: Marking): boolean {
  return /Function/.test(node.type) && (called.get(node.end) ?? -1) >= node.start;
}

/** Methods of classes cannot be marked, and a declaration only where it can go to the top. */
function markFunction(node: AnyNode, parent: AnyNode | null, { text, marked }: Marking): void {
  const wrap = (before: string) => marked.appendRight(node.start, before).appendLeft(node.end, ")");
  if (node.type === "FunctionDeclaration") {
    if (parent?.type !== "Program" || node.id === null) return;
    // As a variable it has to stand before whoever calls it.
    wrap(`var ${node.id.name}=(`).appendLeft(node.end, ";").move(node.start, node.end, 0);
  } else if (parent?.type === "Property" && parent.method) {
    if (/^[^(]*[*]|^async\b|\bsuper\b/.test(text.slice(parent.start, node.end))) return;
    wrap(":(function");
  } else if (parent?.type === "Property" ? parent.kind === "init" : parent?.type !== "MethodDefinition") {
    wrap("(");
  }
}

/** A project of which there is something to tell. */
function writeProject(dir: string): void {
  Deno.writeTextFileSync(
    `${dir}/agent-runner.toml`,
    `[agent]
name = "sample"
command = ["claude"]
prompt_arg_template = ["-p", "{prompt}"]
env = { LANG = "C" }

[runtime]
work_dir = "."
log_dir = "./logs"
round_timeout_s = 1800

[prompt]
file = "./prompt.md"
`,
  );
  const layout = layoutOf(`${dir}/logs`);
  Deno.mkdirSync(layout.dir);
  const log = EventLog.open(systemHost(), layout);
  for (const draft of PAST) log.append(draft);
  log.close();
}

const PAST: readonly Draft[] = [
  {
    event: "serve_started",
    version: "0.0.0",
    pid: 1,
    reader: "claude",
    plugins: [],
    containment: ["group"],
    config_hash: "",
  },
  { event: "round_start", round_num: 1, phase: null },
  { event: "agent_spawn", round_num: 1, timeout_s: 1800 },
  {
    event: "agent_exit",
    round_num: 1,
    exit_code: 0,
    duration_s: 60,
    timed_out: false,
    exit_cause: "clean",
    ending: "exited",
  },
  { event: "round_end", round_num: 1, verdict: "productive", limit: null, refusal: null },
  { event: "wait_started", until_epoch: 1, rule: "restart_delay" },
];
