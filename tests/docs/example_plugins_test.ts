import assert from "node:assert/strict";
import { parse } from "smol-toml";
import type { Json } from "../../lib/core/plugin.ts";
import { loadPlugins } from "../../lib/extend/load_plugins.ts";
import type { LoadedPlugin } from "../../lib/extend/loaded_plugin.ts";
import { NOBODY_AROUND } from "../../lib/extend/plugin_set.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { accepted, MINIMAL } from "../core/config_samples.ts";
import { ROOT } from "../rules/tree.ts";

const FOLDER = `${ROOT}docs/examples/plugins`;

/** The plugin as its own comment declares it, in its sandbox, in a project of its own. */
async function withExample(
  name: string,
  change: (toml: string) => string,
  act: (plugin: LoadedPlugin, dir: string, failures: readonly string[]) => Promise<void>,
): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "example-" }));
  try {
    await Deno.mkdir(`${dir}/plugins`);
    const text = await Deno.readTextFile(`${FOLDER}/${name}.ts`);
    await Deno.writeTextFile(`${dir}/plugins/${name}.ts`, text);
    const [, commented = ""] = /```toml\n([^]*?) \* ```/.exec(text) ?? [];
    const declared = parse(change(commented.replaceAll(/^ \* ?/gm, "")));
    const place = { configPath: `${dir}/agent-runner.toml`, configDir: dir, home: null };
    const { config } = accepted({ ...MINIMAL, ...declared }, place);
    const failures: string[] = [];
    const around = {
      ...NOBODY_AROUND,
      failed: (_: unknown, __: unknown, fault: { message: string }) => void failures.push(fault.message),
    };
    const loaded = await loadPlugins(systemHost(), config, `${dir}/cache`, () => around);
    assert.ok(loaded.kind === "plugins", JSON.stringify(loaded));
    const [plugin] = loaded.plugins as [LoadedPlugin];
    try {
      await act(plugin, dir, failures);
    } finally {
      await plugin.rest();
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("aider_like_reader reads in its sandbox, as its comment declares it", async () => {
  await withExample("aider_like_reader", (toml) => toml, async (plugin) => {
    const where = { kind: "reader", name: plugin.name } as const;
    await plugin.call(where, { op: "open", context: { round_num: 1, repetition: null } });
    const found = await plugin.call(where, { op: "lines", texts: ["helper: finished"] });
    assert.deepEqual(found?.value, [{ kind: "result", ok: true, raw: "finished" }]);
  });
});

Deno.test("webhook_notifier reaches the host that its permission names, and no other", async () => {
  const sent: unknown[] = [];
  const answer = async (request: Request) => {
    sent.push(await request.json());
    return new Response("ok");
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using named = Deno.serve(options, answer);
  await using other = Deno.serve(options, answer);
  const result = { round_num: 3, phase: null, verdict: "failed", duration_s: 2 } as unknown as Json;
  for (const target of [named, other]) {
    const change = (toml: string) =>
      toml.replace('net = ["hooks.example.com"]', `net = ["127.0.0.1:${named.addr.port}"]`)
        .replace("https://hooks.example.com", `http://127.0.0.1:${target.addr.port}`);
    await withExample("webhook_notifier", change, async (plugin, _dir, failures) => {
      const context = { project: "shop", dry_run: false };
      await plugin.call({ kind: "post_round", name: plugin.name }, { op: "postRound", context, result });
      const refused = target === named ? [] : ["the webhook cannot be reached (NotCapable)"];
      assert.deepEqual(failures, refused);
    });
  }
  assert.deepEqual(sent, [{ text: "shop: round 3 failed after 2 s" }]);
});

Deno.test("open_issues reads the file that its permission names, and no other", async () => {
  const enrich = async (plugin: LoadedPlugin, work_dir: string) => {
    const call = { op: "enrich", context: { work_dir } } as const;
    return (await plugin.call({ kind: "context_enricher", name: plugin.name }, call))?.value;
  };
  await withExample("open_issues", (toml) => toml, async (plugin, dir) => {
    await Deno.writeTextFile(`${dir}/ISSUES.md`, "- [ ] Pay by card\n");
    const value = { open_issues: { open: 1, titles: ["Pay by card"] } };
    assert.deepEqual(await enrich(plugin, dir), { values: value, faults: [] });
  });
  await withExample(
    "open_issues",
    (toml) => toml.replace('file = "ISSUES.md"', 'file = "other.md"'),
    async (plugin, dir) => {
      await Deno.writeTextFile(`${dir}/other.md`, "- [ ] A secret\n");
      const { values, faults } = await enrich(plugin, dir) as { values: unknown; faults: { type: string }[] };
      assert.deepEqual([values, faults.map(({ type }) => type)], [{}, ["NotCapable"]]);
    },
  );
});
