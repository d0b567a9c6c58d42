/**
 * `deno task demo`: what a new user would type, in a temporary project with an empty home. Everything that is said
 * about a round is said by the program itself.
 *
 * @module
 */
const main = decodeURIComponent(new URL("../main.ts", import.meta.url).pathname);
const home = Deno.makeTempDirSync({ prefix: "agent-runner-demo-" });
const project = `${home}/project`;
Deno.mkdirSync(project);

const env = {
  HOME: home,
  DENO_DIR: await denoDir(),
  DENO_NO_UPDATE_CHECK: "1",
  GIT_CONFIG_GLOBAL: `${home}/.gitconfig`,
};
Deno.writeTextFileSync(env.GIT_CONFIG_GLOBAL, "[user]\n\tname = demo\n\temail = demo@localhost\n");

const failed = await type("git", ["init", "--quiet"]) ||
  await runner(["init", "--preset", "rehearsal"]) ||
  await runner(["serve"]) ||
  await runner(["peek"]);
if (failed === 0) console.log(`\nThe project of this demo: ${project}`);
Deno.exit(failed);

function runner(args: readonly string[]): Promise<number> {
  return type("agent-runner", args, [Deno.execPath(), "run", "-A", "--no-prompt", "--quiet", main]);
}

/** Shows the command as a user would type it, runs it on this terminal, and gives its exit code. */
async function type(
  name: string,
  args: readonly string[],
  program: readonly string[] = [name],
): Promise<number> {
  console.log(`\n$ ${[name, ...args].join(" ")}`);
  const [command = name, ...first] = program;
  const child = new Deno.Command(command, { args: [...first, ...args], cwd: project, env }).spawn();
  const passOn = () => {};
  Deno.addSignalListener("SIGINT", passOn);
  const { code } = await child.status;
  Deno.removeSignalListener("SIGINT", passOn);
  return code;
}

/** Where this Deno keeps what it has fetched: another home must not fetch it again. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string }).denoDir;
}
