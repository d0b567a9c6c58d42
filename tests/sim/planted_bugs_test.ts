import assert from "node:assert/strict";
import { bytesOf, byteText } from "../../lib/core/byte_text.ts";
import { FileError } from "../../lib/core/file_error.ts";
import type { Finding, Plugin, ReaderContext } from "../../lib/core/plugin.ts";
import type { AppendFile, Files, Host, Launch, ReadFile, Signals } from "../../lib/host.ts";
import { type Planted, runSeed } from "./swarm.ts";
import { LOG_DIR, STOP_FILE } from "./swarm_plan.ts";
import { brokenIn, PROMISES } from "./swarm_promises.ts";

/** What a program with the bug would do, by changes around the one without, and the promise that it breaks. */
interface Bug {
  readonly name: string;
  readonly breaks: string;
  readonly planted: Planted;
  /** A seed that found it; the search begins there, which saves half a minute. Absent: at the first. */
  readonly from?: number;
}

const SEEDS_MAX = 200;

const BUGS: readonly Bug[] = [
  {
    name: "a torn last line is not ended before the next event",
    breaks: "noEventIsGlued",
    planted: inAppending((file) => ({
      readAt: (offset, into) => into.length === 1 ? into.fill(10).length : file.readAt(offset, into),
    })),
  },
  {
    name: "small files are written in place",
    breaks: "smallFilesAreWhole",
    planted: inFiles((files) => ({ replace: (path, text) => files.write(path, text) })),
  },
  {
    name: "a line that a full disk refused is forgotten",
    from: 27,
    breaks: "noEventIsLost",
    planted: inAppending((file) => ({
      append: (bytes) => unlessRefused(() => file.append(bytes)) ?? file.size(),
    })),
  },
  {
    name: "nothing is synced",
    breaks: "syncedEventsSurvive",
    planted: inAppending(() => ({ sync: nothing })),
  },
  {
    name: "last month's events are forgotten",
    breaks: "foldIsTheState",
    planted: inFiles((files) => ({ list: (path) => withoutOldMonths(files.list(path)) })),
  },
  {
    name: "every lock is free",
    breaks: "oneServe",
    planted: inFiles((files) => ({ lock: (path) => files.lock(path) ?? { release: nothing } })),
  },
  {
    name: "the agent starts before it is recorded",
    from: 63,
    breaks: "agentIsRecordedFirst",
    planted: inPort("processes", (processes) => ({ launch: (spec) => opened(processes.launch(spec)) })),
  },
  {
    name: "nobody is killed",
    breaks: "roundsEndInTime",
    planted: inPort("processes", (processes) => ({
      signal: (pid, name) => name === "SIGKILL" || processes.signal(pid, name),
    })),
  },
  {
    name: "an agent's children are overlooked",
    breaks: "nothingIsLeftRunning",
    planted: inPort("processes", (processes) => ({
      list: () => processes.list().filter(({ name }) => name !== "server" && name !== "watcher"),
      marked: () => [],
    })),
  },
  {
    name: "a pause does not hear the signal",
    breaks: "stopIsAnsweredAtOnce",
    planted: inPort("clock", (clock) => ({ sleep: (ms) => clock.sleep(ms) })),
  },
  {
    name: "a round's limit is measured by a clock that stands",
    breaks: "roundsEndInTime",
    planted: inPort("clock", (clock) => {
      const boot = clock.boot();
      return { boot: () => boot };
    }),
  },
  {
    name: "a wait is a duration, whatever the wall clock says meanwhile",
    from: 76,
    breaks: "noRoundBeforeReset",
    planted: inPort("clock", (clock) => {
      const born = clock.now() - clock.monotonicMs();
      return { now: () => born + clock.monotonicMs() };
    }),
  },
  {
    name: "the second signal is not heard",
    breaks: "secondSignalEndsTheRound",
    planted: inPort("signals", onlyOnce),
  },
  {
    name: "the stop file is not looked at",
    breaks: "stopFileIsHeard",
    planted: inFiles((files) => ({ readText: (path) => path === STOP_FILE ? null : files.readText(path) })),
  },
  {
    name: "the sentinel is not looked at",
    breaks: "sentinelIsHeard",
    planted: inFiles((files) => ({
      readText: (path) => path === `${LOG_DIR}/.agent-done` ? null : files.readText(path),
    })),
  },
  {
    name: "the first window's reset counts, not the latest",
    breaks: "limitsAreReadRightly",
    planted: inFindings((findings, before) =>
      before.some(({ kind }) => kind === "limit") ? findings.filter(({ kind }) => kind !== "limit") : findings
    ),
  },
  {
    name: "a window that admits again is passed over",
    breaks: "limitsAreReadRightly",
    planted: inFindings((findings) => findings.filter(({ kind }) => kind !== "limit_cleared")),
  },
  {
    name: "limits are known and not waited for",
    breaks: "noRoundBeforeReset",
    planted: {
      config: (config) => ({ ...config, runtime: { ...config.runtime, transient_error_action: "skip" } }),
    },
  },
  {
    name: "how often a wait was guessed is counted in memory",
    from: 19,
    breaks: "guessesDouble",
    planted: inEarlierLines((text) =>
      text.replaceAll('"reset_source": "estimate"', '"reset_source": "server"  ')
    ),
  },
  {
    name: "short failures are counted in memory",
    from: 50,
    breaks: "rowsOutliveRestarts",
    planted: inEarlierLines((text) => text.replaceAll('"verdict": "failed"', '"verdict":"limited"')),
  },
  {
    name: "rounds without work are counted in memory",
    breaks: "rowsOutliveRestarts",
    planted: inEarlierLines((text) => text.replaceAll('"verdict": "no_work"', '"verdict": "limited"')),
  },
];

for (const { name, breaks, planted, from = 1 } of BUGS) {
  Deno.test(`the swarm finds the planted bug: ${name}`, async () => {
    assert.ok(PROMISES.some((promise) => promise.name === breaks), breaks);
    for (let nth = 0; nth < SEEDS_MAX; nth++) {
      const seed = (from - 1 + nth) % SEEDS_MAX + 1;
      if (brokenIn(await runSeed(seed, planted)).some(({ promise }) => promise === breaks)) return;
    }
    assert.fail(`${breaks} held in all of ${SEEDS_MAX} seeds`);
  });
}

type Change<T> = (port: T) => Partial<T>;

/** Changes one port of the host. */
function inPort<Name extends keyof Host>(name: Name, change: Change<Host[Name]>): Planted {
  return {
    host: (host) => changed(host, { [name]: changed(host[name], change(host[name])) } as Partial<Host>),
  };
}

function inFiles(change: Change<Files>): Planted {
  return inPort("files", change);
}

function inAppending(change: Change<AppendFile>): Planted {
  return inFiles((files) => ({
    openAppend: (path) => {
      const file = files.openAppend(path);
      return changed(file, change(file));
    },
  }));
}

/**
 * Changes what the program reads of the event lines that are older than it: what it then does not know of them, it
 * would have had in its memory only.
 * @param change keeps the length
 */
function inEarlierLines(change: (lines: string) => string): Planted {
  return inFiles((files) => {
    const earlier = new Map<string, Uint8Array>();
    for (const { name } of files.list(LOG_DIR) ?? []) {
      const path = `${LOG_DIR}/${name}`;
      if (isMonth(name)) earlier.set(path, bytesOf(change(byteText(wholeOf(files, path)))));
    }
    const over = <T extends ReadFile>(path: string, file: T): T =>
      changed<ReadFile>(file, {
        readAt: (offset, into) => {
          const read = file.readAt(offset, into);
          into.set(earlier.get(path)?.subarray(offset, offset + read) ?? []);
          return read;
        },
      }) as T;
    return {
      open: (path) => {
        const file = files.open(path);
        return file === null ? null : over(path, file);
      },
      openAppend: (path) => over(path, files.openAppend(path)),
      // It knows the lines from when they were new.
      readText: (path) => path === `${LOG_DIR}/checkpoint.json` ? null : files.readText(path),
    };
  });
}

function wholeOf(files: Files, path: string): Uint8Array {
  const file = files.open(path);
  const bytes = new Uint8Array(file?.size() ?? 0);
  file?.readAt(0, bytes);
  file?.close();
  return bytes;
}

/** Changes what the plugin says of a line; `before` is what it has said of the lines before. */
function inFindings(
  change: (findings: readonly Finding[], before: readonly Finding[]) => readonly Finding[],
): Planted {
  return {
    plugin: (plugin: Plugin) =>
      changed(plugin, {
        reader: (context: ReaderContext) => {
          const reader = plugin.reader!(context);
          const before: Finding[] = [];
          return {
            line: (text) => {
              const findings = change(reader.line(text), before);
              before.push(...findings);
              return findings;
            },
            end: (ending) => reader.end!(ending),
          };
        },
      }),
  };
}

/** The port with some of its members replaced. */
function changed<T extends object>(port: T, changes: Partial<T>): T {
  return new Proxy(port, {
    get: (_target, key) => {
      const member = changes[key as keyof T] ?? port[key as keyof T];
      return typeof member === "function" ? member.bind(port) : member;
    },
  });
}

/** Only the newest of the event files. */
function withoutOldMonths(entries: ReturnType<Files["list"]>): ReturnType<Files["list"]> {
  const newest = entries?.map(({ name }) => name).filter(isMonth).sort().at(-1);
  return entries?.filter(({ name }) => !isMonth(name) || name === newest) ?? null;
}

function isMonth(name: string): boolean {
  return name.startsWith("events-");
}

function opened(launch: Launch): Launch {
  launch.openGate();
  return launch;
}

/** Each handler hears a signal of any name once. */
function onlyOnce(signals: Signals): Partial<Signals> {
  let heard = false;
  return {
    on: (name, handler) =>
      signals.on(name, () => {
        if (!heard) handler();
        heard = true;
      }),
  };
}

function unlessRefused<T>(write: () => T): T | null {
  try {
    return write();
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}

function nothing(): void {}
