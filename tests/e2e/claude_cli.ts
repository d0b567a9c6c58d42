/**
 * The real Claude Code CLI for end-to-end tests: installed once from npm, and run in a home of its own.
 *
 * @module
 */
import { exists } from "./exists.ts";

const VERSION = "2.1.332";

/** Arguments of an unattended run that takes its prompt from standard input. */
export const CLAUDE_ARGS: readonly string[] = [
  "-p",
  "--output-format",
  "stream-json",
  "--verbose",
  "--dangerously-skip-permissions",
];

/**
 * Path of the `claude` program; installs it with npm (about 400 MB) where `AGENT_RUNNER_E2E_CACHE`, by default
 * `.e2e-cache` in the repository, does not hold it yet.
 * @throws Error with npm's words when it cannot be installed
 */
export async function claudeCli(): Promise<string> {
  const cache = Deno.env.get("AGENT_RUNNER_E2E_CACHE") ?? `${import.meta.dirname}/../../.e2e-cache`;
  const home = `${cache}/claude-code-${VERSION}`;
  if (!exists(home)) await install(cache, home);
  return await nativeProgram(home);
}

/**
 * Makes `dir` a home with a made-up plan login (a plan's limits are only honoured with one), and returns the whole
 * environment for a run in it, to be used with nothing inherited.
 * @throws Error when `apiUrl` is not on 127.0.0.1
 */
export function claudeHome(dir: string, apiUrl: string): Readonly<Record<string, string>> {
  if (new URL(apiUrl).hostname !== "127.0.0.1") throw new Error(`Only a fake API on loopback, not ${apiUrl}`);
  const config = `${dir}/.claude`;
  const temp = `${dir}/tmp`;
  Deno.mkdirSync(config, { recursive: true });
  Deno.mkdirSync(temp, { recursive: true });
  Deno.writeTextFileSync(`${config}/.credentials.json`, JSON.stringify(MADE_UP_LOGIN));
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    HOME: dir,
    CLAUDE_CONFIG_DIR: config,
    CLAUDE_CODE_TMPDIR: temp,
    ANTHROPIC_BASE_URL: apiUrl,
    // A port where nobody listens: whatever the CLI might want from elsewhere fails at once.
    HTTPS_PROXY: "http://127.0.0.1:9",
    NO_PROXY: "127.0.0.1",
    // Lets it skip permissions as root, as in a container.
    IS_SANDBOX: "1",
    // The supervisor does the waiting.
    CLAUDE_CODE_MAX_RETRIES: "0",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
  };
}

const MADE_UP_LOGIN = {
  claudeAiOauth: {
    accessToken: "made-up-access-token",
    refreshToken: "made-up-refresh-token",
    // Year 2100, in milliseconds: only a 401 makes the CLI try a refresh.
    expiresAt: 4_102_444_800_000,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "max",
  },
};

/** Installs beside the final place and renames, so that the final place is only ever there complete. */
async function install(cache: string, home: string): Promise<void> {
  await Deno.mkdir(cache, { recursive: true });
  const temp = await Deno.makeTempDir({ dir: cache, prefix: "installing-" });
  try {
    // The program comes in a package for this platform; the scripts would only copy it.
    const npm = await new Deno.Command("npm", {
      args: ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", temp]
        .concat(`@anthropic-ai/claude-code@${VERSION}`),
      stdin: "null",
      signal: AbortSignal.timeout(600_000),
    }).output();
    if (!npm.success) throw new Error(`Cannot install Claude Code: ${new TextDecoder().decode(npm.stderr)}`);
    await nativeProgram(temp);
    await Deno.rename(temp, home);
  } catch (error) {
    await Deno.remove(temp, { recursive: true });
    // Somebody else was faster.
    if (!exists(home)) throw error;
  }
}

async function nativeProgram(home: string): Promise<string> {
  const packages = `${home}/node_modules/@anthropic-ai`;
  const programs: string[] = [];
  for await (const { name } of Deno.readDir(packages)) {
    const program = `${packages}/${name}/claude`;
    if (name.startsWith("claude-code-") && exists(program)) programs.push(program);
  }
  // An npm that does not look at the C library installs the glibc and the musl one; glibc comes first.
  const [first] = programs.sort();
  if (first === undefined) throw new Error(`No Claude Code for this platform in ${packages}`);
  return await Deno.realPath(first);
}
