import assert from "node:assert/strict";
import type { Check, Seen } from "../../lib/cli/selftest/check.ts";
import { CHECKS } from "../../lib/cli/selftest/checks.ts";
import { runChecks } from "../../lib/cli/selftest/run_checks.ts";
import { FileError } from "../../lib/core/file_error.ts";
import type { Files, Host, Launch, LaunchSpec, Processes } from "../../lib/host.ts";
import { systemHost } from "../../lib/sys/mod.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const NEVER = new AbortController().signal;

/** The real machine, with this program instead of the test runner. */
const real: Host = {
  ...systemHost(),
  env: { ...systemHost().env, program: [Deno.execPath(), "run", "-A", "--no-prompt", "--quiet", MAIN] },
};

/** A clock that runs twenty times as fast from the first call of `hurry` on: for who waits in vain. */
function hasty(): { readonly clock: Host["clock"]; readonly hurry: () => true } {
  let fromMs = Infinity;
  function hurry(): true {
    fromMs = Math.min(fromMs, real.clock.monotonicMs());
    return true;
  }
  function monotonicMs(): number {
    const ms = real.clock.monotonicMs();
    return ms + Math.max(0, ms - fromMs) * 19;
  }
  return { clock: { ...real.clock, monotonicMs }, hurry };
}

/** Signals arrive nowhere. */
function unheard(): Host {
  const { clock, hurry } = hasty();
  return { ...withProcesses({ signal: hurry }), clock };
}

function withFiles(change: Partial<Files>): Host {
  return { ...real, files: { ...real.files, ...change } };
}

function withProcesses(change: Partial<Processes>): Host {
  const { self, hasFlock } = real.processes;
  return { ...real, processes: { ...real.processes, self, hasFlock, ...change } };
}

/** Replaces words of each configuration that is written. */
function withConfig(words: Readonly<Record<string, string>>): Host {
  return withFiles({
    write: (path, text) => real.files.write(path, path.endsWith(".toml") ? replaced(text, words) : text),
  });
}

function replaced(text: string, words: Readonly<Record<string, string>>): string {
  return Object.entries(words).reduce((before, [word, other]) => {
    assert.ok(before.includes(word));
    return before.replace(word, () => other);
  }, text);
}

/** Runs one check on that machine; afterwards the real one ends what a broken one could not. */
async function look(name: string, host: Host): Promise<Seen> {
  const started: Launch[] = [];
  const launch = (spec: LaunchSpec) => {
    const one = host.processes.launch(spec);
    started.push(one);
    return one;
  };
  const { self, hasFlock } = host.processes;
  const watched: Host = { ...host, processes: { ...host.processes, self, hasFlock, launch } };
  const folders: string[] = [];
  const makeTempDir = (prefix: string) => {
    folders.push(host.files.makeTempDir(prefix));
    return folders.at(-1)!;
  };
  const { outcomes } = await runChecks(
    { ...watched, files: { ...host.files, makeTempDir } },
    [checkOf(name)],
    NEVER,
  );
  for (const { pid, ended } of started) {
    real.processes.signal(-pid, "SIGKILL");
    await ended;
  }
  for (const folder of folders) assert.equal(real.files.stat(folder), null);
  return outcomes[0]!;
}

function checkOf(name: string): Check {
  return CHECKS.find((check) => check.name === name)!;
}

const NO_JITTER = "jitter_min_s = 0\njitter_max_s = 0";
const SIX_SECONDS = "jitter_min_s = 6\njitter_max_s = 6";

const BREAKS: readonly (readonly [check: string, what: string, host: Host, found: RegExp])[] = [
  [
    "session",
    "an agent stays in our session",
    withProcesses({
      inspect: (pid) => {
        const info = real.processes.inspect(pid);
        return info === null ? null : { ...info, session: 1 };
      },
    }),
    /shares the supervisor's session/,
  ],
  [
    "session",
    "no process can be looked at",
    withProcesses({ inspect: () => null }),
    /cannot be looked at/,
  ],
  [
    "group",
    "signals do nothing",
    unheard(),
    /outlived SIGKILL/,
  ],
  [
    "marker",
    "no marker is ever found",
    withProcesses({ marked: () => [] }),
    /not found by its marker/,
  ],
  [
    "cgroup",
    "there is no cgroup v2",
    { ...real, cgroups: { ...real.cgroups, root: null } },
    /no cgroup v2/,
  ],
  ["lock", "a lock is always granted", withFiles({ lock: () => ({ release: () => {} }) }), /two held/],
  ["lock", "a lock is never granted", withFiles({ lock: () => null }), /was refused/],
  ["flock", "flock(1) is missing", withProcesses({ hasFlock: false }), /not on PATH/],
  [
    "flock",
    "the launcher takes no lock",
    withProcesses({ launch: (spec) => real.processes.launch({ ...spec, lockPath: null }) }),
    /could be taken while a round held it/,
  ],
  [
    "stop",
    "SIGTERM does nothing",
    withProcesses({ signal: ignoring("SIGTERM") }),
    /was not answered/,
  ],
  [
    "stop",
    "it takes longer than a second",
    withProcesses({
      signal: (pid, name) => {
        if (name !== "SIGTERM" || pid < 0) return real.processes.signal(pid, name);
        real.clock.sleep(1200).then(() => real.processes.signal(pid, name));
        return true;
      },
    }),
    /answered only after \d{4} ms/,
  ],
  [
    "limits",
    "limits are passed over",
    withConfig({ back_off: "skip", "limit-5h=2": "limit-5h=60" }),
    /before the limit was over/,
  ],
  [
    "limits",
    "a limit is waited for too long",
    withConfig({ [NO_JITTER]: SIX_SECONDS }),
    /s after the limit was over/,
  ],
  ["limits", "nobody reads what the agent says", withConfig({ 'reader = "claude"': "" }), /was not seen/],
  ["adoption", "a running round is ended", withConfig({ '"adopt"': '"reap"' }), /was not taken over/],
  [
    "adoption",
    "the supervisor cannot be killed",
    withProcesses({ signal: ignoring("SIGKILL") }),
    /could not be killed/,
  ],
  [
    "data_sync",
    "the disk cannot be synced",
    withFiles({
      replace: (path) => {
        throw new FileError("other", path, "Input/output error");
      },
    }),
    /Input\/output error/,
  ],
  ["data_sync", "what is written is not kept", withFiles({ replace: () => {} }), /not what was read/],
  [
    "free_space",
    "nobody knows how much is free",
    { ...real, vitals: { ...real.vitals, disk: () => Promise.resolve(null) } },
    /does not say/,
  ],
  ["holes", "holes cannot be punched", withFiles({ punch: () => Promise.resolve(false) }), /fallocate/],
  [
    "holes",
    "holes are promised and not made",
    withFiles({ punch: () => Promise.resolve(true) }),
    /did not read as zeros/,
  ],
  [
    "git",
    "git cannot be run",
    { ...real, git: { ...real.git, isWorkTree: () => Promise.resolve(null) } },
    /cannot be run/,
  ],
];

/** One signal arrives nowhere, as long as it is for a single process. */
function ignoring(name: string): Processes["signal"] {
  return (pid, other) => other === name && pid > 0 ? true : real.processes.signal(pid, other);
}

for (const [name, what, host, found] of BREAKS) {
  Deno.test(`selftest's ${name} fails when ${what}`, async () => {
    const seen = await look(name, host);
    assert.equal(seen.ok, false);
    assert.match(seen.found, found);
  });
}

Deno.test({
  name: "selftest's cgroup fails when killing one does nothing",
  ignore: real.cgroups.root === null,
  fn: async () => {
    const { clock, hurry } = hasty();
    const cgroups = { ...real.cgroups, root: real.cgroups.root, kill: hurry };
    const seen = await look("cgroup", { ...real, cgroups, clock });
    assert.deepEqual([seen.ok, seen.found], [false, "a process without marker outlived its cgroup"]);
  },
});

Deno.test("selftest has a test that breaks each of its checks", () => {
  assert.deepEqual(new Set(BREAKS.map(([name]) => name)), new Set(CHECKS.map(({ name }) => name)));
});
