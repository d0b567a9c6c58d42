/**
 * The prompt of a round: the configured files, joined, with the round's context before them.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import type { Host } from "../host.ts";
import { FileError } from "../core/file_error.ts";

export type Prompt =
  | {
    readonly kind: "prompt";
    readonly text: string;
    /** Files that were left out or are not as they should be, a sentence each. */
    readonly notes: readonly string[];
  }
  | { readonly kind: "unreadable"; readonly why: string };

/** Reads and joins the prompt files; the first has to be there. */
export function readPrompt(host: Host, config: Config): Prompt {
  const { prompt } = config;
  const paths = promptFiles(config);
  const texts: string[] = [];
  const notes: string[] = [];
  for (const [index, path] of paths.entries()) {
    const read = readPromptFile(host, path);
    if (read.kind === "text") {
      texts.push(index === 0 && prompt.strip_yaml_frontmatter ? withoutFrontMatter(read.text) : read.text);
      if (read.text.includes("\uFFFD") && !isUtf8(host, path)) {
        notes.push(`${path} is not UTF-8: ${REPLACED}`);
      }
    } else if (index === 0) return { kind: "unreadable", why: read.why };
    else notes.push(`prompt.files[${index}] left out: ${read.why}`);
  }
  return { kind: "prompt", text: texts.join(prompt.concat_separator), notes };
}

/** The files in their order, the primary one first. */
export function promptFiles({ prompt }: Config): readonly string[] {
  return prompt.files.length > 0 ? prompt.files : prompt.file === null ? [] : [prompt.file];
}

/** The prompt as the agent gets it, with the context block where the configuration wants it. */
export function withContext(text: string, context: object, { prompt }: Config): string {
  if (!prompt.inject_context || prompt.context_injection_mode !== "prepend") return text;
  return `\`\`\`json round-context\n${JSON.stringify(context, null, 2)}\n\`\`\`\n\n${text}`;
}

const REPLACED = "what cannot be read stands as \uFFFD in the prompt";

/** A replacement character may have been there from the beginning. */
function isUtf8(host: Host, path: string): boolean {
  const file = host.files.open(path);
  if (file === null) return true;
  try {
    const bytes = new Uint8Array(file.size());
    file.readAt(0, bytes);
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  } finally {
    file.close();
  }
}

type ReadText = { readonly kind: "text"; readonly text: string } | {
  readonly kind: "none";
  readonly why: string;
};

function readPromptFile(host: Host, path: string): ReadText {
  try {
    const text = host.files.readText(path);
    if (text === null) return { kind: "none", why: `${path} does not exist` };
    return { kind: "text", text: text.replaceAll(/\r\n?/g, "\n") };
  } catch (error) {
    if (error instanceof FileError) return { kind: "none", why: error.message };
    throw error;
  }
}

/** A byte order mark, blanks behind a delimiter, an empty block and an end of file as last delimiter all count. */
function withoutFrontMatter(text: string): string {
  const match = /^\uFEFF?---[ \t]*\n(?:[^]*?\n)??---[ \t]*(?:\n|$)/.exec(text);
  return match === null ? text : text.slice(match[0].length).trimStart();
}
