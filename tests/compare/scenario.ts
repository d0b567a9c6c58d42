import type { Tables } from "../e2e/project.ts";

/** One situation that both versions are put into. */
export interface Scenario {
  readonly name: string;
  /** What the agent does after it has noted what it was given: lines of `sh`, in the work folder. */
  readonly agent: string;
  /** Default: `agent`. With the name `claude` both versions read what it prints. */
  readonly binary?: string;
  /**
   * What the configuration has beyond, or other than, what all have. Null takes a key away; `<dir>` is
   * the folder of everything.
   */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, Tables[string][string] | null>>>>;
  /** Default: `serve --once`. */
  readonly args?: readonly string[];
  /**
   * Lines of `sh` before the start, in the work folder; `$LOG` is the log directory, `$HOME` the home. `here VERB …` runs
   * this program on the project, `python VERB …` the Python version.
   */
  readonly before?: string;
  /** Added to the supervisor's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The log directory below the folder of everything, default: `logs`. The work folder is `site`. */
  readonly logDir?: string;
  /** Where the supervisor is started, below that folder; default: the work folder. */
  readonly cwd?: string;
}
