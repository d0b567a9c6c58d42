import assert from "node:assert/strict";
import { accepted, MINIMAL, refused } from "./config_samples.ts";

/** The rows of one `[[hooks]]`, and what its problem has to say. */
const REFUSED: readonly (readonly [row: object, problem: RegExp])[] = [
  [{ run: ["x"] }, /^hooks\[0\].* missing required field: .*on$/],
  [{ on: "post_round" }, /^hooks\[0\].* missing required field: .*run$/],
  [{ on: "before", run: ["x"] }, /^hooks\[0\]\.on expected "pre_round", .* or "event:KIND", got "before"/],
  [{ on: "event:", run: ["x"] }, /^hooks\[0\]\.on expected/],
  [{ on: ["event:round_end"], run: ["x"] }, /^hooks\[0\]\.on expected .*, got a list$/],
  // As the TOML parser makes tables.
  [{ on: Object.create(null), run: ["x"] }, /^hooks\[0\]\.on expected .*, got a table$/],
  [{ on: "event:Round End", run: ["x"] }, /^hooks\[0\]\.on expected/],
  [{ on: "event:hook_ran", run: ["x"] }, /^hooks\[0\]\.on a hook cannot be told that hooks have run/],
  [{ on: "post_round", run: [] }, /^hooks\[0\]\.run must name a program/],
  [{ on: "post_round", run: "./notify.sh" }, /^hooks\[0\]\.run expected a list of strings/],
  [{ on: "post_round", run: ["x"], timeout_s: 0 }, /^hooks\[0\]\.timeout_s must be positive/],
  [{ on: "post_round", run: ["x"], blocking: "no" }, /^hooks\[0\]\.blocking must be a bool/],
  [{ on: "pre_round", run: ["x"], blocking: false }, /^hooks\[0\]\.blocking pre_round is always waited for/],
  [{ on: "serve_startup", run: ["x"], blocking: false }, /blocking serve_startup is always waited for/],
  [{ on: "dirty", run: ["x"], blocking: false }, /blocking dirty is always waited for/],
  [
    { on: "post_round", run: ["x"], timeout: 5 },
    /^hooks\[0\]\.timeout unknown key; did you mean "timeout_s"/,
  ],
];

for (const [row, problem] of REFUSED) {
  Deno.test(`checkConfig() refuses the hook ${JSON.stringify(row)}`, () => {
    const [first = "", ...more] = refused({ ...MINIMAL, hooks: [row] });
    assert.match(first, problem);
    assert.deepEqual(more, []);
  });
}

Deno.test("checkConfig() takes a hook for each point, with the time of 60 s where none is given", () => {
  const points = ["pre_round", "post_round", "serve_startup", "dirty", "event:round_end"];
  const { config, notes } = accepted({ ...MINIMAL, hooks: points.map((on) => ({ on, run: ["x"] })) });
  const base = { run: ["x"], timeout_s: 60, blocking: null };
  assert.deepEqual(config.hooks, points.map((on) => ({ on, ...base })));
  assert.deepEqual(notes, []);
});

Deno.test("checkConfig() lets a hook wait for a plugin's event, and says that it is none of our own", () => {
  const { notes } = accepted({
    ...MINIMAL,
    hooks: [{ on: "event:round_ended", run: ["x"], blocking: true }],
  });
  assert.equal(notes.length, 1);
  assert.match(
    notes[0]!,
    /^hooks\[0\]\.on: round_ended is no event of this program.*did you mean "round_end"/,
  );
});
