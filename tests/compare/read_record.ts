import type { Project } from "../e2e/project.ts";
import type { LoggedFields, RunRecord, SeenByAgent } from "./record.ts";
import { type Names, settled, settledText } from "./settled.ts";

/** Variables that the words starting a program bring along, not the program. */
const FOREIGN: ReadonlySet<string> = new Set([
  "LC_CTYPE",
  "OLDPWD",
  "PWD",
  "PYTHONDONTWRITEBYTECODE",
  "PYTHONPATH",
  "SHLVL",
  "_",
]);

/** Files whose JSON is compared. */
const CONTENTS = ["status.json", "round-context.json", "orphan-state.json"];

const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  log: ["log", "--format=%s"],
  branch: ["branch", "--show-current"],
  tree: ["ls-tree", "-r", "--name-only", "HEAD"],
  status: ["status", "--porcelain"],
  stashes: ["stash", "list", "--format=%gs"],
  stashed: ["stash", "show", "--include-untracked", "--name-status"],
  refs: ["for-each-ref", "--format=%(refname)"],
};

/** Reads what a run has left in `project`. */
export async function readRecord(project: Project, exitCode: number): Promise<RunRecord> {
  const names: Names = { dir: project.dir };
  const { dir } = project.layout;
  const git = await Promise.all(
    Object.entries(QUESTIONS).map(async ([name, args]) =>
      [name, lines(await ask(project, args), names)] as const
    ),
  );
  return {
    exitCode,
    events: project.events().map((event) => settled(event, names) as LoggedFields),
    files: filesBelow(dir).map((name) => settledText(name, names)).sort(),
    contents: contentsOf(dir, names),
    metrics: metricsOf(dir),
    agents: agentsOf(`${project.dir}/seen`, names),
    git: Object.fromEntries(git),
  };
}

async function ask(project: Project, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command("git", {
    args: [...args],
    cwd: project.workDir,
    env: { HOME: project.home },
  }).output();
  return new TextDecoder().decode(stdout);
}

function lines(text: string, names: Names): readonly string[] {
  return text.split("\n").filter((line) => line !== "").map((line) => settledText(line, names));
}

function filesBelow(dir: string, prefix = ""): readonly string[] {
  return [...Deno.readDirSync(`${dir}/${prefix}`)].flatMap(({ name, isDirectory, isSymlink }) => {
    const path = prefix + name;
    if (isSymlink) return [`${path} -> ${Deno.readLinkSync(`${dir}/${path}`)}`];
    return isDirectory ? filesBelow(dir, `${path}/`) : [path];
  });
}

function contentsOf(dir: string, names: Names): RunRecord["contents"] {
  const found = CONTENTS.flatMap((name) => {
    const text = readOrNull(`${dir}/${name}`);
    return text === null ? [] : [[name, settled(JSON.parse(text), names) as LoggedFields] as const];
  });
  return Object.fromEntries(found);
}

/** The lines with the types of their values: the figures are the machine's. */
function metricsOf(dir: string): readonly LoggedFields[] {
  const files = filesBelow(dir).filter((name) => name.startsWith("metrics-"));
  return files.flatMap((name) => Deno.readTextFileSync(`${dir}/${name}`).trimEnd().split("\n")).map(
    (line) => {
      const fields = Object.entries(JSON.parse(line)).map(([key, value]) =>
        [key, typeof value === "number" ? "<number>" : key === "ts" ? "<time>" : value] as const
      );
      return Object.fromEntries(fields);
    },
  );
}

function agentsOf(seen: string, names: Names): readonly SeenByAgent[] {
  const starts = filesBelow(seen).filter((name) => name.startsWith("env.")).length;
  return Array.from({ length: starts }, (_, n) => {
    const text = (name: string) => readOrNull(`${seen}/${name}.${n}`) ?? "";
    const variables = text("env").split("\0").filter((entry) => entry !== "")
      .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)] as const)
      .filter(([name]) => !FOREIGN.has(name)).map(([name, value]) =>
        [name, settledText(value, names)] as const
      );
    return {
      args: text("args").split("\0").slice(0, -1).map((word) => settledText(word, names)),
      cwd: settledText(text("cwd").trimEnd(), names),
      env: Object.fromEntries(variables),
      prompt: settledText(text("prompt"), names),
    };
  });
}

function readOrNull(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
