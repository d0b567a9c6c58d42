import { blocks } from "./markdown.ts";

/** A declaration of the contract, as it stands in the source. */
interface Declaration {
  readonly name: string;
  /** What its comment says, "" without one. */
  readonly doc: string;
  readonly text: string;
}

/**
 * The contract of plugins: every declaration with its comment.
 * @param source the text of `lib/core/plugin.ts`
 */
export function pluginsPage(source: string): string {
  const [head = ""] = source.split("*/", 1);
  return blocks(
    "# The plugin contract",
    prose(head.replace(/^\/\*\*/, "").replace("@module", "")),
    "How to write one, step by step: [the guide](../guide/write-a-plugin.md). The types are in " +
      "[lib/core/plugin.ts](../../lib/core/plugin.ts).",
    ...declarationsIn(source).flatMap(({ name, doc, text }) => [
      `## ${name}`,
      doc,
      `\`\`\`ts\n${text}\n\`\`\``,
    ]),
  );
}

/** A blank line ends a declaration, which begins at the start of a line. */
function declarationsIn(source: string): readonly Declaration[] {
  return source.trimEnd().split(/\n\n(?=\S)/).flatMap((text) => {
    const found = /^(?:\/\*\*([^]*?)\*\/\n)?((?:export )?(?:interface|type|const) (\w+)[^]*)$/.exec(text);
    if (found === null) return [];
    const [, comment = "", declaration = "", name = ""] = found;
    return [{ name, doc: prose(comment), text: declaration }];
  });
}

function prose(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^ *\*? ?/, "").trimEnd());
  return lines.join("\n").trim();
}
