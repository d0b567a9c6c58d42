import assert from "node:assert/strict";
import { checkConfig } from "../../lib/core/config_check.ts";
import type { ConfigPlace } from "../../lib/core/config_paths.ts";
import { accepted, messagesOf, MINIMAL, PLACE, withKey } from "./config_samples.ts";

Deno.test("checkConfig() resolves every path by the path rules", () => {
  const raw = {
    agent: MINIMAL.agent,
    runtime: {
      work_dir: "../app/./main/",
      log_dir: "~/.agent-runner/{project}/logs",
      stop_file: "/run/{project}/../stop",
      narrative_file: "~",
    },
    prompt: { files: ["./a.md", "../{project}.md"] },
    phases: { list: ["plan"], plan: { prompt: { files: ["plan.md", "~/plan.md"] } } },
  };
  const { config } = accepted(raw);
  assert.equal(config.project, "main");
  assert.equal(config.runtime.work_dir, "/srv/app/main");
  assert.equal(config.runtime.log_dir, "/home/ann/.agent-runner/main/logs");
  assert.equal(config.runtime.stop_file, "/run/main/../stop");
  assert.equal(config.runtime.narrative_file, "/home/ann");
  assert.deepEqual(config.prompt.files, ["/srv/app/main/a.md", "/srv/app/main.md"]);
  assert.deepEqual(config.phases.by_name.plan?.prompt?.files, ["/srv/app/main/plan.md", "/home/ann/plan.md"]);
});

Deno.test("checkConfig() takes work_dir absolute, from the home, from a link and as the root", () => {
  const workDir = (work_dir: string, at: ConfigPlace) => {
    const { config } = accepted(withKey("runtime.work_dir", work_dir), at);
    return [config.runtime.work_dir, config.project];
  };
  assert.deepEqual(workDir("/opt/x", PLACE), ["/opt/x", "x"]);
  assert.deepEqual(workDir("~/x", PLACE), ["/home/ann/x", "x"]);
  assert.deepEqual(workDir("/", PLACE), ["/", "default"]);
  const linked = {
    ...PLACE,
    realPath: (path: string) => path === "/srv/site/now" ? "/srv/releases/v3" : null,
  };
  assert.deepEqual(workDir("now", linked), ["/srv/releases/v3", "v3"]);
  assert.deepEqual(workDir("gone", linked), ["/srv/site/gone", "gone"]);
});

Deno.test("checkConfig() refuses ~, when there is no home", () => {
  const checked = checkConfig(withKey("runtime.log_dir", "~/logs"), { ...PLACE, home: null });
  assert.match(messagesOf(checked).join(), /^runtime.log_dir ~ cannot be expanded/);
});
