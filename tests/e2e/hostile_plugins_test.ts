import assert from "node:assert/strict";
import {
  assertNothingLeft,
  configText,
  eventsOf,
  hostile,
  pluginPids,
  pluginProject,
  start,
  WORKS,
} from "./plugin_project.ts";
import { letPass, type Run } from "./project.ts";

/** For plugins that only the time ends; they start within it, also on a busy machine (s). */
const SHORT_S = 2;

/** Each does its worst in every round. */
const HOSTILE = [
  { name: "throws" },
  { name: "hangs", timeout_s: SHORT_S },
  { name: "spins", timeout_s: SHORT_S },
  { name: "spins_in_line", timeout_s: SHORT_S },
  { name: "floods_lines" },
  { name: "floods_one_line" },
  { name: "floods_events", permissions: { emit: true } },
  { name: "eats_heap" },
  { name: "eats_memory" },
  { name: "exits" },
  { name: "kills_itself" },
  { name: "breaks_globals" },
  { name: "leaves_child", timeout_s: SHORT_S, permissions: { run: ["setsid"] } },
  { name: "forges", permissions: { emit: true }, config: { lines: [`{"id":3,"value":null}`, `{"id":99}`] } },
];

/** A second signal counts from 200 ms after the first. */
const APART_MS = 300;

function declared({ name, ...more }: { readonly name: string }) {
  return { source: hostile(name), ...more };
}

const GOOD =
  `export default { apiVersion: 1, name: "good", contextEnrichers: { good: () => "still here" } };\n`;

Deno.test("hostile plugins cost one event a round each, are off after three, and the loop goes on", async () => {
  const names = HOSTILE.map(({ name }) => name);
  const plugins = [...HOSTILE.map(declared), { source: "../good.js" }];
  await using project = await pluginProject(
    { plugins, agent: `echo a line; ${WORKS}`, maxRounds: 4 },
    { "good.js": GOOD },
  );
  const text = await Deno.readTextFile(project.configPath);
  await Deno.writeTextFile(project.configPath, text.replace("[agent]", `[agent]\nreader = "spins_in_line"`));
  const { code, err } = await start(project, ["serve"]).ended;
  assert.equal(code, 0, err);
  assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), Array(4).fill("productive"));
  for (const name of names) {
    const failed = project.all("hook_failed").filter(({ plugin }) => plugin === name);
    assert.deepEqual(failed.map(({ round_num }) => round_num), [1, 2, 3], name);
  }
  assert.deepEqual(project.all("plugin_off").map(({ plugin }) => plugin).sort(), names.toSorted());
  assert.equal(eventsOf(project, "flood").length, 300);
  const context = JSON.parse(Deno.readTextFileSync(`${project.layout.dir}/round-context.json`));
  assert.equal(context.good, "still here");
  assertNothingLeft(project);

  const peek = await project.run(["peek"]);
  assert.match(
    peek.out,
    /Plugin hangs is off, it failed three rounds in a row: pre_round: TimeoutError: no answer within 2/,
  );
  const { plugins: { off } } = JSON.parse((await project.run(["peek", "--json"])).out);
  assert.deepEqual(off.map(({ plugin }: { plugin: string }) => plugin).sort(), names.toSorted());
  assert.match((await project.run(["why"])).out, /plugins .* are off/i);
});

Deno.test("a new serve ends the plugins of one that was killed, and removes their folders", async () => {
  const plugins = ["leaves_child", "spins"].map((name) => ({
    ...declared({ name }),
    ...(name === "leaves_child" ? { permissions: { run: ["setsid"] }, timeout_s: SHORT_S } : {}),
  }));
  await using project = await pluginProject({ plugins });
  const run = start(project, ["serve"]);
  await run.event("hook_failed");
  await run.until("the endless loop", () => busy(project) || null);
  run.signal("SIGKILL");
  await run.ended;
  assert.equal(pluginPids(project).length, 1);
  const disabled = { plugins, disable: ["spins", "leaves_child"], maxRounds: 1 };
  await Deno.writeTextFile(project.configPath, configText(project, disabled));
  const { code, err } = await start(project, ["serve"]).ended;
  assert.equal(code, 0);
  assert.match(err, /a hook of an earlier supervisor still ran and was ended/);
  assert.equal(project.all("hook_failed").length, 1);
  assertNothingLeft(project);
});

Deno.test("a new serve ends a plugin that hung while one that was killed loaded it", async () => {
  const plugins = [{ source: "../hangs.js" }];
  await using project = await pluginProject({ plugins, maxRounds: 1 }, { "hangs.js": "for (;;);" });
  await Deno.mkdir(project.layout.dir, { recursive: true });
  const run = start(project, ["serve"]);
  await run.until("the endless loop", () => busy(project) || null);
  run.signal("SIGKILL");
  await run.ended;
  assert.equal(pluginPids(project).length, 1);
  const disabled = { plugins, disable: ["../hangs.js"], maxRounds: 1 };
  await Deno.writeTextFile(project.configPath, configText(project, disabled));
  assert.equal((await start(project, ["serve"]).ended).code, 0);
  assertNothingLeft(project);
});

/** Whether a plugin's process has its record, and computes. */
function busy(project: Parameters<typeof pluginPids>[0]): boolean {
  return pluginPids(project).some((pid) => {
    const [, rest = ""] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ");
    return Number(rest.split(" ")[11]) > 30;
  });
}

for (const name of ["hangs", "spins"]) {
  Deno.test(`serve stops in time at a second signal while a plugin ${name}`, async () => {
    const plugins = [{ ...declared({ name }), timeout_s: 3600 }];
    await using project = await pluginProject({ plugins });
    const run = start(project, ["serve"]);
    await run.event("serve_started");
    await run.until("the plugin", () => pluginPids(project).length > 0 || null);
    run.signal("SIGTERM");
    await run.says("SIGTERM: stopping");
    await letPass(APART_MS);
    run.signal("SIGTERM");
    assert.equal((await run.ended).code, 0);
    assertNothingLeft(project);
  });
}

Deno.test("serve takes a new plugin over between rounds, and rejects a broken one with its place", async () => {
  const files = { "good.js": GOOD, "broken.js": "const a = 1;\nexport default {{;\n" };
  await using project = await pluginProject({ plugins: [], agent: `${WORKS}; sleep 0.3` }, files);
  const run = start(project, ["serve"]);
  await run.event("round_end");
  await edit(run, project, [{ source: "../broken.js" }]);
  const { reason } = await run.event("config_rejected");
  assert.match(reason, /\.\.\/broken\.js: .*\.\.\/broken\.js:2:17/s);
  await edit(run, project, [{ source: "../good.js" }]);
  await run.event("config_reloaded");
  await run.until("the enricher", () => /still here/.test(contextText(project)) || null);
  run.signal("SIGTERM");
  assert.equal((await run.ended).code, 0);
  assertNothingLeft(project);
});

async function edit(run: Run, project: Parameters<typeof pluginPids>[0], plugins: readonly object[]) {
  const setup = { plugins: plugins as readonly Record<string, unknown>[] };
  await Deno.writeTextFile(project.configPath, configText(project, setup));
  run.signal("SIGHUP");
}

function contextText({ layout }: Parameters<typeof pluginPids>[0]): string {
  return Deno.readTextFileSync(`${layout.dir}/round-context.json`);
}
