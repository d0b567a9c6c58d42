import { exists } from "./exists.ts";
import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { ROOT } from "../rules/tree.ts";
import { PROGRAM, Project, until } from "./project.ts";

const ignore = Deno.build.os !== "linux";

/** The program as it is, and as it is on a machine without cgroups. */
const PROGRAMS: readonly (readonly [by: string, program: readonly string[]])[] = [
  ...(systemHost().cgroups.root === null ? [] : [["a cgroup", PROGRAM] as const]),
  ["the marker alone", [...PROGRAM.slice(0, -1), `${ROOT}tests/e2e/without_cgroup.ts`]],
];

interface Given {
  /** As TOML. */
  readonly hooks: string;
  /** By path below the configuration's folder. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly workDir?: string;
}

async function given({ hooks, scripts = {}, workDir = "." }: Given): Promise<Project> {
  const project = await Project.make((project) => {
    const prompt = { file: `${project.workDir}/prompts/main.md` };
    return `${project.toml(["true"], { runtime: { work_dir: workDir }, prompt })}\n${hooks}`;
  });
  await Deno.mkdir(`${project.workDir}/${workDir}`, { recursive: true });
  for (const [path, text] of Object.entries(scripts)) {
    await Deno.writeTextFile(`${project.workDir}/${path}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return project;
}

/** One `[[hooks]]`. */
function hook(on: string, run: readonly string[], more: Readonly<Record<string, unknown>> = {}): string {
  const lines = Object.entries({ on, run, ...more }).map(([key, value]) =>
    `${key} = ${JSON.stringify(value)}\n`
  );
  return `[[hooks]]\n${lines.join("")}`;
}

function failures(project: Project): readonly string[] {
  return project.all("hook_failed").map(({ hook_name, hook_kind, error_message }) =>
    `${hook_name} ${hook_kind}: ${error_message}`
  );
}

Deno.test("serve gives a program its input, folder and environment, and records how it went", async () => {
  await using project = await given({
    hooks: hook("pre_round", ["./tell.sh", "an argument"]),
    scripts: {
      "tell.sh":
        'cat > ../told; pwd; echo "$1|$AGENT_RUNNER_ROUND_NUM|$AGENT_RUNNER_HOOK|$AGENT_RUNNER_LOG_DIR"; echo "API_TOKEN=abcdefabcdef1234567"; exit 5',
    },
    workDir: "app",
  });
  const { code, err } = await project.run(["serve", "--once"]);
  assert.equal(code, 0, err);
  const told = JSON.parse(await Deno.readTextFile(`${project.workDir}/told`));
  assert.deepEqual([told.on, told.round_num, told.work_dir], ["pre_round", 1, `${project.workDir}/app`]);
  const { exit_code, hook_name, output } = project.only("hook_ran");
  assert.deepEqual([hook_name, exit_code], ["tell.sh", 5]);
  assert.deepEqual(output.split("\n"), [
    `${project.workDir}/app`,
    `an argument|1|pre_round|${project.layout.dir}`,
    "API_TOKEN=<redacted>",
  ]);
  assert.deepEqual(failures(project), ["tell.sh pre_round: it exited with 5"]);
  assert.deepEqual([...Deno.readDirSync(project.layout.hooks)], []);
});

Deno.test("serve says which program there is not, and goes on", async () => {
  await using project = await given({
    hooks: [
      hook("pre_round", ["./there-is-none.sh"]),
      hook("pre_round", ["no-such-program"]),
      hook("pre_round", ["./prompts/main.md"]),
    ].join("\n"),
  });
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  assert.deepEqual(failures(project), [
    `there-is-none.sh pre_round: it could not be started: '${project.workDir}/there-is-none.sh' not found`,
    "no-such-program pre_round: it could not be started: 'no-such-program' not found on PATH",
    `main.md pre_round: it could not be started: '${project.workDir}/prompts/main.md' is not an executable file`,
  ]);
  assert.equal(project.all("round_end").length, 1);
});

Deno.test("serve ends a program that floods", async () => {
  await using project = await given({ hooks: hook("post_round", ["yes"]) });
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  assert.deepEqual(failures(project), ["yes post_round: more than 16777216 bytes of output"]);
  assert.deepEqual([...Deno.readDirSync(project.layout.hooks)], []);
});

for (const [by, program] of PROGRAMS) {
  Deno.test({
    name: `serve leaves nothing of a program, however it ends, by ${by}`,
    ignore,
    fn: async () => {
      await using project = await given({
        hooks: [
          hook("pre_round", ["./ends.sh"]),
          hook("pre_round", ["./hangs.sh"], { timeout_s: 1 }),
        ].join("\n"),
        scripts: {
          "ends.sh": "setsid sleep 301 & sleep 302 & exit 0",
          "hangs.sh": 'trap "" TERM; setsid sh -c "trap \'\' TERM; sleep 303" & sleep 304; sleep 305',
        },
      });
      assert.equal((await project.run(["serve", "--once"], { program })).code, 0);
      assert.deepEqual(project.processes(), []);
      assert.deepEqual(failures(project), ["hangs.sh pre_round: no end within 1 s"]);
      const [ended, hung] = project.all("hook_ran") as readonly LoggedEvent<"hook_ran">[];
      assert.deepEqual([ended!.exit_code, hung!.exit_code], [0, -9]);
      assert.ok(hung!.duration_s < 60, String(hung!.duration_s));
    },
  });

  for (const on of ["pre_round", "post_round", "event:round_start"]) {
    Deno.test({
      name: `serve ends what a killed serve has left of a program at ${on}, by ${by}`,
      ignore,
      fn: async () => {
        await using project = await given({
          hooks: hook(on, ["./hangs.sh"], { timeout_s: 600 }),
          scripts: {
            "hangs.sh": '[ -e "$HOME/second" ] && exit 0; touch "$HOME/second"\n' +
              'trap "" TERM; setsid sleep 306 & touch "$HOME/hangs"; sleep 307; sleep 308',
          },
        });
        const killed = project.start(["serve", "--once"], { program });
        await killed.until("the program", () => exists(`${project.home}/hangs`) || null);
        killed.signal("SIGKILL");
        await killed.ended;
        assert.ok(project.processes().some(({ words }) => words.includes("sleep 306")));
        const next = project.start(["serve", "--once"], { program });
        await next.says("a hook of an earlier supervisor still ran and was ended");
        await until(
          "the end of what was left",
          () => project.processes().some(({ words }) => /sleep 30[678]/.test(words)) ? null : true,
        );
        await next.until("its end", () => next.hasEnded || null);
        assert.equal((await next.ended).code, 0);
        assert.deepEqual(project.processes(), []);
        assert.deepEqual([...Deno.readDirSync(project.layout.hooks)].map(({ name }) => name), []);
      },
    });
  }
}
