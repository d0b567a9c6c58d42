import assert from "node:assert/strict";
import { countTests, settle } from "../run.ts";

const REPORT = `<testsuites name="deno test" tests="7" failures="2">
<testsuite name="./a_test.ts" tests="6">
<testcase name="wait() ends when left &gt; 0" classname="a"></testcase>
<testcase name="steps" classname="a"><failure message="1 test step failed">failed</failure></testcase>
<testcase name="left out" classname="a"><skipped/></testcase>
<testcase name="steps &gt; one" classname="a"><failure message="x">x</failure></testcase>
<testcase name="steps &gt; two" classname="a"></testcase>
<testcase name="steps &gt; two &gt; deep" classname="a"></testcase>
</testsuite>
<testsuite name="./b_test.ts" tests="1">
<testcase name="other" classname="b"></testcase>
</testsuite>
</testsuites>`;

Deno.test("countTests() counts each test once, without its steps, and no skipped one", () => {
  assert.deepEqual(countTests(REPORT), { passed: 2, failed: 1 });
  assert.deepEqual(countTests(""), { passed: 0, failed: 0 });
});

Deno.test("settle() makes one failure of what no test shows", () => {
  assert.deepEqual(settle({ passed: 2, failed: 0 }, 0), { passed: 2, failed: 0 });
  assert.deepEqual(settle({ passed: 2, failed: 0 }, 1), { passed: 2, failed: 1 });
  assert.deepEqual(settle({ passed: 2, failed: 3 }, 1), { passed: 2, failed: 3 });
  assert.deepEqual(settle({ passed: 0, failed: 0 }, 0), { passed: 0, failed: 1 });
});
