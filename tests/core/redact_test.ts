import assert from "node:assert/strict";
import fc from "fast-check";
import { redact, redactedCut, redactedTail } from "../../lib/core/redact.ts";

const TAIL = "Ab3dEf6hIj9lMn2pQr5t";
const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
const PEM =
  `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEowIBAAKC\n-----END RSA PRIVATE KEY-----`;

const MASKED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "private-key blocks": [
    [`a\n${PEM}\nb`, "a\n<redacted>\nb"],
    [PEM.replaceAll("\n", "\\n"), "<redacted>"],
    [`-----BEGIN PRIVATE KEY-----\n${TAIL}\n${TAIL}\ntorn`, "<redacted>\ntorn"],
  ],
  "assignments": [
    ["TOKEN=x", "TOKEN=<redacted>"],
    ["PASSWORD=x", "PASSWORD=<redacted>"],
    ["API_KEY=x", "API_KEY=<redacted>"],
    ["env MY_DB_PASSWD=x CI=1", "env MY_DB_PASSWD=<redacted> CI=1"],
    ["aws_secret_access_key_2=x", "aws_secret_access_key_2=<redacted>"],
    ["sh -c 'APIKEY=x'", "sh -c 'APIKEY=<redacted>"],
    ["Uid=sa;Pwd=x", "Uid=sa;Pwd=<redacted>"],
  ],
  "quoted assignments": [
    [`PASSWORD="a b" next`, "PASSWORD=<redacted> next"],
    [`PASSWORD="a\\"b c" next`, "PASSWORD=<redacted> next"],
    [`TOKEN='a b'"c d"e next`, "TOKEN=<redacted> next"],
    [`api_key = "a b" # note`, "api_key = <redacted> # note"],
    [`TOKEN="never closed\nnext`, "TOKEN=<redacted>\nnext"],
  ],
  "JSON members": [
    [`{"password": "x"}`, `{"password": "<redacted>"}`],
    [`{"api_key":"x","n":1}`, `{"api_key":"<redacted>","n":1}`],
    [`{"token": "a \\"b\\" c", "n": 1}`, `{"token": "<redacted>", "n": 1}`],
    [`{"cookie": "x", "authorization": "y"}`, `{"cookie": "<redacted>", "authorization": "<redacted>"}`],
    [`"{\\"secret\\": \\"a b\\", \\"n\\": 1}"`, `"{\\"secret\\": \\"<redacted>\\", \\"n\\": 1}"`],
    [`{'password': 'x'}`, `{'password': '<redacted>'}`],
    [`{"password": "torn`, `{"password": "<redacted>`],
    [`{"cmd":"TOKEN=a","password":"b c"}`, `{"cmd":"TOKEN=<redacted>`],
  ],
  "values of flags": [
    ["deploy --token abc --fast", "deploy --token <redacted> --fast"],
    ["deploy --API-KEY=abc", "deploy --API-KEY=<redacted>"],
    [`deploy --password "a b" c`, "deploy --password <redacted> c"],
    [`['deploy', '--secret', 'a b', 'c']`, `['deploy', '--secret', '<redacted>', 'c']`],
    [`["deploy","--auth","a"]`, `["deploy","--auth","<redacted>"]`],
  ],
  "-u user:password": [
    ["curl -u bob:pw https://x", "curl -u <redacted> https://x"],
    [`curl -u "bob:p w" https://x`, "curl -u <redacted> https://x"],
    ["curl -u :pw", "curl -u <redacted>"],
  ],
  "header lines to their end": [
    ["authorization: a b\nnext", "authorization: <redacted>\nnext"],
    ["Set-Cookie: a=b; Path=/\r\nnext", "Set-Cookie: <redacted>\r\nnext"],
    ["X-Amz-Security-Token:abc", "X-Amz-Security-Token:<redacted>"],
  ],
  "tokens after a scheme": [
    ["sent Bearer abcdefghijklmnop, refused", "sent Bearer <redacted>, refused"],
    ["Basic dXNlcjpwYXNz", "Basic <redacted>"],
  ],
  "user information of URLs": [
    ["https://bob:p@w@host/x", "https://<redacted>@host/x"],
    ["git clone https://tok@host", "git clone https://<redacted>@host"],
  ],
  "query values of URLs": [
    ["https://h/p?a=1&Token=x&b=2#top", "https://h/p?a=1&Token=<redacted>&b=2#top"],
    [`"https://h/#access_token=x"`, `"https://h/#access_token=<redacted>"`],
  ],
  "JSON web tokens": [
    [`got ${JWT}.`, "got <redacted>."],
    [`id-${JWT} x`, "id-<redacted> x"],
  ],
};

const KEYS = [
  `sk-ant-api03-${TAIL}`,
  `sk-${TAIL}`,
  `sk-proj-ab_c-${TAIL}`,
  `sk-or-v1-0123456789abcdef0123`,
  ...["ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "ya29.", "npm_", "hf_"].map((prefix) =>
    prefix + TAIL
  ),
  ...["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"].map((prefix) => `${prefix}1234567890`),
  "AKIAABCDEFGHIJ234567",
  "ASIAABCDEFGHIJ234567",
  `AIza${"a_-Z5".repeat(7)}`,
  `sk_live_${TAIL}`,
  `rk_test_${TAIL}`,
];

const UNCHANGED = [
  "",
  "psql -h db.internal -U app",
  "gcc -H foo.c",
  "sort -u file.txt",
  "curl -u username https://x",
  "curl -u https://h:8080/x",
  "./build.sh --report sk-report.md",
  "deploy --host sk-prod.internal",
  "AKIAtlas mapping tool",
  "open AIza-notes.txt",
  "glpat-changelog.md",
  "Basic auth disabled; Bearer flow off",
  "Basic authentication failed",
  "PWD=/srv/project",
  "deploy --token --verbose",
  `{"input_tokens": 12, "token": null, "secret": ""}`,
  "if (password == null) return",
  "Unexpected token: }",
  "https://host/@scope/pkg mail a@b.c",
  "task-0123456789abcdef0123",
];

for (const [what, cases] of Object.entries(MASKED)) {
  Deno.test(`redact() masks ${what}`, () => {
    for (const [text, expected] of cases) assert.equal(redact(text), expected);
  });
}

Deno.test("redact() masks keys of known forms, wherever they stand", () => {
  for (const key of KEYS) {
    assert.equal(redact(key), "<redacted>");
    assert.equal(redact(`key ${key}, (${key}) x_${key}`), "key <redacted>, (<redacted>) x_<redacted>");
  }
});

Deno.test("redact() leaves alone what only resembles a secret", () => {
  for (const text of UNCHANGED) assert.equal(redact(text), text);
});

Deno.test("redact() changes nothing more, when its result is redacted again", () => {
  const pieces = [
    ...Object.values(MASKED).flat().map(([text]) => text),
    ...KEYS,
    ..."TOKEN password= api_key --token --auth -u a:b :// @ ?token= &sig= # Bearer Cookie: sk- eyJ ya29. <redacted>"
      .split(" "),
    ..." \n\t\\\"'=:,;.-_/<>{}[A1é😀",
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 16 }).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (hostile) => {
    const once = redact(hostile);
    assert.equal(redact(once), once);
  }));
});

Deno.test("redact() comes to an end on a megabyte of beginnings without an end", () => {
  for (
    const piece of [
      "eyJ",
      "-eyJ",
      "-----BEGIN PRIVATE KEY-----",
      "a=a=a=",
      "sk-",
      `TOKEN="\\`,
      `"token": "\\"`,
    ]
  ) {
    const text = piece.repeat(2 ** 20 / piece.length);
    assert.equal(redact(redact(text)), redact(text));
  }
});

Deno.test("redactedCut() masks a key that the cut would have shortened beyond recognition", () => {
  assert.equal(redactedCut(`1234 ghp_${TAIL}`, 15), "1234 <redacted>");
  assert.equal(redactedCut(`1234 ghp_${TAIL}`, 8), "1234 <re");
});

Deno.test("redactedTail() masks a key that the cut would have shortened beyond recognition", () => {
  assert.equal(redactedTail(`ghp_${TAIL} 1234`, 15), "<redacted> 1234");
  assert.equal(redactedTail(`ghp_${TAIL} 1234`, 8), "ed> 1234");
});

Deno.test("redactedCut() and redactedTail() keep whole characters, at most as many as asked", () => {
  assert.equal(redactedCut("a😀b", 2), "a");
  assert.equal(redactedCut("a😀b", 3), "a😀");
  assert.equal(redactedTail("a😀b", 2), "b");
  assert.equal(redactedTail("a😀b", 3), "😀b");
  const text = fc.string({ unit: fc.constantFrom("a", "é", "😀", "TOKEN=x ") });
  fc.assert(fc.property(text, fc.nat(20), (text, max) => {
    for (const cut of [redactedCut(text, max), redactedTail(text, max)]) {
      assert.ok(cut.length <= max);
      assert.ok(cut.isWellFormed());
    }
  }));
});

Deno.test("redactedCut() and redactedTail() return a text that is short enough as it is", () => {
  assert.equal(redactedCut("short", 5), "short");
  assert.equal(redactedTail("short", 5), "short");
  assert.equal(redactedCut("", 0), "");
});
