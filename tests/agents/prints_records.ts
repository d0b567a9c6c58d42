/**
 * Prints what Claude Code would, record by record, until it is as many megabytes as its argument says, and then the
 * result. From the second round on it is silent.
 *
 * @module
 */
const OUTPUT = 'const value = compute(41); // "quoted", and\ttabbed\n'.repeat(150);

const encoder = new TextEncoder();

if (Number(Deno.env.get("AGENT_RUNNER_ROUND_NUM") ?? 1) > 1) {
  await new Promise((done) => setTimeout(done, 3.6e6));
}

let left = Number(Deno.args[0]) * 1e6;
for (let nth = 1; left > 0; nth++) {
  const call = {
    type: "tool_use",
    id: `toolu_${nth}`,
    name: "Read",
    input: { file_path: `/src/file_${nth}.ts` },
  };
  const result = { type: "tool_result", tool_use_id: `toolu_${nth}`, content: OUTPUT, is_error: false };
  print({ type: "assistant", message: message(nth, { type: "text", text: `Now file ${nth}.` }) });
  print({ type: "assistant", message: message(nth, call) });
  print({ type: "user", message: { role: "user", content: [result] } });
}
print({
  type: "result",
  subtype: "success",
  is_error: false,
  result: "Done.",
  total_cost_usd: 0.1,
  usage: { input_tokens: 100, output_tokens: 20 },
});

function message(nth: number, part: object): object {
  return { id: `msg_${nth}`, role: "assistant", model: "claude-sonnet-4-5", content: [part] };
}

function print(record: object): void {
  const bytes = encoder.encode(`${JSON.stringify({ ...record, parent_tool_use_id: null })}\n`);
  left -= bytes.length;
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
