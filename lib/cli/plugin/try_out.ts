import { cutCells, oneLine } from "../../core/cells.ts";
import { EXIT } from "../../core/exit_code.ts";
import { FileError } from "../../core/file_error.ts";
import { type Failure, failure, type Problem } from "../../core/problem.ts";
import { faultText } from "../../extend/load_plugins.ts";
import type { LoadedPlugin } from "../../extend/loaded_plugin.ts";
import { outsideReader } from "../../extend/outside_reader.ts";
import { NOBODY_AROUND } from "../../extend/plugin_set.ts";
import type { Host } from "../../host.ts";
import type { CliContext, VerbResult } from "../context.ts";
import type { PluginTestFlags } from "../flags.ts";
import { aboutText, permissionWords } from "./about_text.ts";
import { dirOf } from "../../core/path_parts.ts";
import { declarationFor } from "./declared.ts";
import { evidenceText, findingText } from "./finding_text.ts";
import { findPlugin, inspectPlugin, sourceIn } from "./inspect.ts";
import { type ReadLog, readLog } from "./read_log.ts";

/** `plugin test`: what a plugin says of itself, and what its reader finds in a log. */
export async function pluginTest(
  { host }: CliContext,
  flags: PluginTestFlags,
  source: string,
): Promise<VerbResult> {
  const declared = await declarationFor(host, flags, source);
  if (declared.kind === "failure") return declared;
  const { settings } = declared;
  const found = await findPlugin(host, source, host.env.cwd);
  if (found.kind === "bad") return failure(EXIT.failed, `Cannot load ${source}: ${found.why}`);
  const written = sourceIn(host, dirOf(settings.configPath), found.value.source, source);
  const declaration = { ...declared.declaration, source: written };
  const problems: Problem[] = [];
  let line: number | null = null;
  const plugin = await inspectPlugin(host, settings, declaration, found.value, {
    ...NOBODY_AROUND,
    failed: (_, where, fault) =>
      problems.push({
        where: where.kind === "reader" ? "reader" : where.name,
        text: faultText(fault, written),
        line,
      }),
  });
  if (plugin.kind === "bad") return failure(EXIT.failed, `Cannot load ${source}: ${plugin.why}`);
  const log = await logOf(
    host,
    plugin.value,
    flags.log ?? null,
    () => problems.length > 0,
    (at) => line = at,
  );
  if (log !== null && "kind" in log) return log;
  if (flags.json) {
    host.terminal.out.write(`${JSON.stringify(documentOf(plugin.value, log, problems), null, 2)}\n`);
  } else host.terminal.out.write(textOf(host, plugin.value, log));
  if (problems.length === 0) return EXIT.done;
  return failure(EXIT.failed, `${plugin.value.name} failed`, { problems });
}

/** Null where there is no log to read. */
async function logOf(
  host: Host,
  plugin: LoadedPlugin,
  name: string | null,
  failed: () => boolean,
  at: (line: number | null) => void,
): Promise<ReadLog | Failure | null> {
  if (name === null) return null;
  const reader = outsideReader(plugin);
  if (reader === null) return failure(EXIT.failed, `Cannot read ${name}: ${plugin.name} has no reader`);
  try {
    const file = host.files.open(name.startsWith("/") ? name : `${host.env.cwd}/${name}`);
    if (file === null) return failure(EXIT.failed, `Cannot read ${name}: it does not exist`);
    try {
      return await readLog(file, reader, failed, at);
    } finally {
      file.close();
      await plugin.rest();
    }
  } catch (error) {
    if (error instanceof FileError) return failure(EXIT.failed, `Cannot read ${name}: ${error.message}`);
    throw error;
  }
}

function textOf({ terminal: { out } }: Host, plugin: LoadedPlugin, log: ReadLog | null): string {
  const { trust, permissions } = plugin.recipe.declaration;
  const granted = permissionWords(permissions);
  const runs = trust === "full"
    ? "in this program, with all that it may do"
    : `in a sandbox with ${granted.length === 0 ? "no permissions" : granted.map(oneLine).join(", ")}`;
  const about = `${aboutText(plugin.description)}  ${"runs".padEnd(17)} ${runs}\n`;
  if (log === null) return about;
  const cells = out.isTerminal ? out.columns() : LINE_CELLS;
  const rows = log.found.flatMap(({ line, text, findings }) =>
    findings.map((one) => cutCells(`line ${line}  ${findingText(one)}  | ${oneLine(text)}`, cells))
  );
  return [
    about,
    ...rows,
    ...log.end.map((finding) => `at the end  ${findingText(finding)}`),
    `${log.lines} lines read, ${log.passedOver} of them passed over: none of its interest`,
    evidenceText(log.evidence),
  ].join("\n");
}

/** Where there is no terminal (cells). */
const LINE_CELLS = 160;

function documentOf(plugin: LoadedPlugin, log: ReadLog | null, problems: readonly Problem[]) {
  const { declaration: { source, trust, permissions }, sha256 } = plugin.recipe;
  const about = { plugin: plugin.description, source, sha256, trust, permissions };
  if (log === null) return { ...about, log: null, problems };
  const { evidence: { standing: _, ...evidence }, lines, passedOver, found, end } = log;
  return { ...about, log: { lines, passed_over: passedOver, found, end, evidence }, problems };
}
