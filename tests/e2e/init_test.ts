import assert from "node:assert/strict";
import { Project } from "./project.ts";

Deno.test("init writes beside the configuration that --config names", async () => {
  await using project = await Project.with(["true"]);
  const { code, out } = await project.run(["init", "--config", "sub/loop.toml"]);
  assert.equal(code, 0);
  assert.match(out, /^Wrote loop\.toml, prompts\/main\.md, \.gitignore and committed them\.\n/);
  for (const name of ["loop.toml", "prompts/main.md", ".gitignore"]) {
    assert.ok(Deno.statSync(`${project.workDir}/sub/${name}`).isFile, name);
  }
});

Deno.test("init names the project in a configuration that can be read, whatever its folder is called", async () => {
  await using project = await Project.with(["true"]);
  for (const name of ['it\'s "mine"', "back\\slash", "two\nlines", "delete\x7f"]) {
    for (const preset of ["claude", "rehearsal"]) {
      const config = `${name}/${preset}.toml`;
      assert.equal((await project.run(["init", "--config", config, "--preset", preset])).code, 0, config);
      assert.deepEqual(await project.run(["status", "--config", config]), {
        code: 0,
        out: "not running\n",
        err: "",
      });
    }
  }
});

Deno.test("init refuses what is there, and --force writes it again without a commit of nothing", async () => {
  await using project = await Project.with(["true"]);
  const refused = await project.run(["init"]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^error: Cannot write .*: it is there already\nhint: agent-runner init --force\n$/,
  );
  const first = await project.run(["init", "--force", "--json"]);
  assert.deepEqual([first.code, JSON.parse(first.out).committed], [0, true]);
  const second = await project.run(["init", "--force", "--json"]);
  assert.deepEqual([second.code, JSON.parse(second.out).committed, second.err], [0, false, ""]);
});

Deno.test("init says what comes next with the --config that it was given, where that is not the usual one", async () => {
  await using project = await Project.with(["true"]);
  const { workDir } = project;
  const cases: readonly (readonly [config: string, prompt: string, word: string])[] = [
    ["./cfg/my.toml", "cfg/prompts/main.md", "cfg/my.toml"],
    ["it's mine/my.toml", "it's mine/prompts/main.md", "'it'\\''s mine/my.toml'"],
    [`../site/my.toml`, "prompts/main.md", "my.toml"],
  ];
  for (const [config, prompt, word] of cases) {
    const { out } = await project.run(["init", "--config", config]);
    const next =
      `Next: say in ${prompt} what the agent should do, then run: agent-runner serve --config ${word}`;
    assert.equal(out.split("\n")[1], next);
    const { err } = await project.run(["init", "--config", config]);
    assert.equal(err.split("\n")[1], `hint: agent-runner init --force --config ${word}`);
  }
  const above = await project.run(["init", "--config", "../my.toml"], { cwd: `${workDir}/cfg` });
  assert.equal(above.err.split("\n")[1], `hint: agent-runner init --force --config ${workDir}/my.toml`);
  const usual = await project.run(["init", "--force", "--config", `${workDir}/agent-runner.toml`]);
  assert.match(usual.out, /\nNext: say in prompts\/main\.md what .* run: agent-runner serve\n$/);
});

Deno.test("init takes the project from where --config leads, and refuses it outside of a git work tree", async () => {
  await using project = await Project.with(["true"]);
  await Deno.mkdir(`${project.workDir}/sub`);
  const cwd = `${project.workDir}/sub`;
  const { code, out } = await project.run(["init", "--json", "--config", "../loop.toml"], { cwd });
  assert.deepEqual([code, JSON.parse(out).work_dir], [0, project.workDir]);
  assert.match(Deno.readTextFileSync(`${project.workDir}/loop.toml`), /"~\/\.agent-runner\/site[\/-]/);
  const outside = await project.run(["init", "--config", "../new/loop.toml"]);
  assert.equal(outside.code, 1);
  assert.equal(
    outside.err,
    `error: Cannot set up ${project.dir}/new: it is not a git working tree\nhint: git init\n`,
  );
  assert.throws(() => Deno.statSync(`${project.dir}/new`), Deno.errors.NotFound);
});

Deno.test("init commits what it wrote, also where git is set to show no new files", async () => {
  await using project = await Project.with(["true"]);
  await project.git("config", "status.showUntrackedFiles", "no");
  const { code, out } = await project.run(["init", "--json", "--config", "sub/loop.toml"]);
  assert.deepEqual([code, JSON.parse(out).committed], [0, true]);
});

Deno.test("a verb whose output cannot be written says so, without a stack trace", async () => {
  await using project = await Project.with(["true"]);
  const before = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
  for (const words of [["--help"], ["--version"], ["peek"]]) {
    const { code, err } = await project.run(words, { before });
    assert.equal(code, 1, words.join(" "));
    assert.match(err, /^error: standard output: [^\n]*space[^\n]*\n$/i, words.join(" "));
  }
});
