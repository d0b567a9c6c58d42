import assert from "node:assert/strict";
import type { HookContext } from "../../../lib/core/plugin.ts";
import plugin, { titlesIn } from "./open_issues.ts";

/** What the plugin adds for a file with this text, null: without the file. */
async function enriched(file: string, text: string | null): Promise<unknown> {
  const work_dir = await Deno.makeTempDir();
  try {
    if (text !== null) await Deno.writeTextFile(`${work_dir}/${file}`, text);
    const context = { work_dir, config: plugin.configSchema({ file }) } as unknown as HookContext;
    return await plugin.contextEnrichers.open_issues(context);
  } finally {
    await Deno.remove(work_dir, { recursive: true });
  }
}

Deno.test("open_issues() lists the open items of a task list", async () => {
  const text = "# Issues\n- [ ] Pay by card\n- [x] Log in\n  * [ ]  Sort by price \nText - [ ] is none\n";
  assert.deepEqual(await enriched("ISSUES.md", text), { open: 2, titles: ["Pay by card", "Sort by price"] });
});

Deno.test("open_issues() lists the open issues of a JSON file", async () => {
  const issues = [{ title: "A", state: "open" }, { title: "B", state: "closed" }, null];
  assert.deepEqual(await enriched("issues.json", JSON.stringify(issues)), { open: 1, titles: ["A"] });
});

Deno.test("open_issues() finds nothing open without the file", async () => {
  assert.deepEqual(await enriched("ISSUES.md", null), { open: 0, titles: [] });
  assert.deepEqual(await enriched("issues.json", null), { open: 0, titles: [] });
});

Deno.test("open_issues() names few of many, cut short, and refuses a large file", async () => {
  const many = await enriched("ISSUES.md", `- [ ] ${"x".repeat(500)}\n`.repeat(100));
  const { open, titles } = many as { readonly open: number; readonly titles: readonly string[] };
  assert.deepEqual([open, titles.length, titles[0]?.length], [100, 20, 120]);
  await assert.rejects(enriched("ISSUES.md", "x".repeat(300_000)), /larger than 262144 bytes/);
});

Deno.test("titlesIn() refuses JSON that is no list", () => {
  assert.throws(() => titlesIn("issues.json", "{}"), /issues\.json must hold a list/);
});
