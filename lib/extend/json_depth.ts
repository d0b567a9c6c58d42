/** Lists and tables inside one another that are taken: some of what reads them calls itself for each. */
const DEPTH_MAX = 64;

/** Whether a text of JSON can be read without fear for the stack. */
export function isShallow(json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === QUOTE) inString = !inString;
    else if (inString && unit === BACKSLASH) at++;
    else if (inString) continue;
    else if (unit === BRACKET || unit === BRACE) {
      if (++depth > DEPTH_MAX) return false;
    } else if (unit === BRACKET_END || unit === BRACE_END) depth--;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5C;
const BRACKET = 0x5B;
const BRACKET_END = 0x5D;
const BRACE = 0x7B;
const BRACE_END = 0x7D;
