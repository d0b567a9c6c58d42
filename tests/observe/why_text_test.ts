import assert from "node:assert/strict";
import { isoOf } from "../../lib/core/instant.ts";
import type { Host } from "../../lib/host.ts";
import { peekText } from "../../lib/observe/peek_text.ts";
import { observe } from "../../lib/observe/observed.ts";
import { snapshot } from "../../lib/observe/snapshot.ts";
import { whyText } from "../../lib/observe/why_text.ts";
import { EventLog } from "../../lib/store/event_log.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { writeRunningRound } from "../../lib/store/running_round.ts";
import { accepted, withKey } from "../core/config_samples.ts";
import { SimHost } from "../sim/sim_host.ts";

const INIT = 1;
const DEAD = 4711;

/** Round 7 runs for three minutes; its launcher was started by `starter` and has init as its parent. */
async function told(
  { onRestart = "adopt", starter = DEAD, launcherLives = true },
): Promise<{ readonly why: string; readonly headline: string }> {
  const sim = new SimHost({ seed: 1 });
  const launcher = sim.stranger("sh");
  return await sim.run(async (host: Host) => {
    const config = accepted(withKey("runtime.on_restart", onRestart)).config;
    const layout = layoutOf(config.runtime.log_dir);
    host.files.makeDir(layout.dir);
    const log = EventLog.open(host, layout);
    log.append({
      event: "serve_started",
      version: "1",
      pid: DEAD,
      reader: null,
      plugins: [],
      containment: [],
      config_hash: "x",
    });
    log.append({ event: "round_start", round_num: 7, phase: null });
    log.append({ event: "agent_spawn", round_num: 7, timeout_s: 1800 });
    log.close();
    const { id: bootId, ms } = host.clock.boot();
    writeRunningRound(host, layout, {
      round: 7,
      phase: null,
      id: `${bootId.slice(0, 8)}-${starter}-7`,
      pid: launcher.pid,
      start_time: launcher.startTime,
      boot_id: bootId,
      cgroup: null,
      log: "rounds/R7.log",
      started_at: isoOf(host.clock.now()),
      started_boot_ms: ms,
      deadline_boot_ms: ms + 1_800_000,
      timeout_s: 1800,
      hole: null,
    });
    await host.clock.sleep(180_000);
    if (!launcherLives) host.processes.signal(launcher.pid, "SIGKILL");
    const observed = observe(host, config);
    const document = snapshot(host, config, [], observed, { round: null, withLog: false, events: 0 });
    const [headline = ""] = peekText(host, config, observed, document, false).split("\n");
    return { why: whyText(host, config, observed), headline: headline.replace(/^.*?: /, "") };
  });
}

Deno.test("whyText() says that a round runs without a supervisor, and that the next serve takes it over", async () => {
  const { why, headline } = await told({});
  assert.equal(headline, "running round 7, without a supervisor");
  assert.match(why, /^Round 7 still runs without a supervisor, since \S+ \(for 3 min\): /);
  assert.match(
    why,
    /serve \(pid 4711\) ended without a word\. Until one is started, nobody ends it at its limit/,
  );
  assert.match(why, /A serve started now takes it over, .* \(on_restart = "adopt"\): agent-runner serve\.$/);
});

Deno.test("whyText() says that the next serve ends the round where on_restart says so", async () => {
  const { why } = await told({ onRestart: "reap" });
  assert.match(why, /A serve started now ends it \(on_restart = "reap"\): agent-runner serve\.$/);
});

Deno.test("whyText() says nothing of the kind while the one that started the round lives", async () => {
  const { why, headline } = await told({ starter: INIT });
  assert.equal(headline, "running round 7");
  assert.match(why, /^Running round 7 since /);
  assert.doesNotMatch(why, /supervisor|agent-runner serve/);
});

Deno.test("whyText() says nothing of the kind when the round is gone too", async () => {
  const { why, headline } = await told({ launcherLives: false });
  assert.equal(headline, "not running, and not stopped in order");
  assert.match(
    why,
    /^No serve runs: .* ended without a word\. Round 7, .* has lost its supervisor and runs no more/,
  );
});
