import { eastAsianWidth } from "get-east-asian-width";

const ELLIPSIS = "…";
const EMOJI_STYLE = "\uFE0F";

/**
 * How many terminal cells the text takes. Control characters count as none (see `oneLine`); a joined emoji counts
 * as its parts, because many terminals draw it so.
 */
export function cellWidth(text: string): number {
  let cells = 0;
  let before = 0;
  for (const char of text) {
    before = widthAfter(before, char);
    cells += before;
  }
  return cells;
}

/** The text if it fits into `cells` terminal cells, else its start with `…` at the end; "" where not even that fits. */
export function cutCells(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text;
  if (cells < 1) return "";
  let used = 0;
  let before = 0;
  let end = 0;
  for (const char of text) {
    before = widthAfter(before, char);
    used += before;
    if (used > cells - 1) break;
    end += char.length;
  }
  return text.slice(0, end) + ELLIPSIS;
}

/**
 * Foreign text as one line that a terminal only prints: escape sequences are dropped, line breaks and tabs become a
 * blank, other control characters their symbol (`␀`) or `�`.
 */
export function oneLine(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, "").replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, " ").replace(
    UNPRINTABLE,
    symbolOf,
  );
}

/** The cells that `char` adds after a character that added `before`. */
function widthAfter(before: number, char: string): number {
  // Asks for the two-cell drawing of a symbol that takes one cell by itself.
  if (char === EMOJI_STYLE) return before === 1 ? 1 : 0;
  if (WIDTHLESS.test(char)) return 0;
  return eastAsianWidth(char.codePointAt(0) ?? 0);
}

/** Control characters, combining marks and invisible ones; the soft hyphen is the one of these that terminals draw. */
const WIDTHLESS = /^(?!\u00AD)[\p{Cc}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]$/u;

/**
 * Control strings with their terminator (OSC, DCS, SOS, PM, APC), CSI sequences and short escapes (ECMA-48), in
 * their seven-bit and eight-bit forms.
 */
const ESCAPE_SEQUENCE =
  // deno-lint-ignore no-control-regex -- control characters are what it is about
  /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;

/** Control characters, and the marks that make a terminal print a line in another order than it is written. */
const UNPRINTABLE = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** The Unicode block "Control Pictures" begins at U+2400 in the order of the control characters; DEL has U+2421. */
function symbolOf(char: string): string {
  const code = char.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\uFFFD";
}
