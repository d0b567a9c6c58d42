/**
 * The table of what was measured.
 *
 * @module
 */

/** One measured figure and what it may be at most. */
export interface Figure {
  readonly value: number;
  readonly unit: "×" | "ms" | "µs" | "s" | "MB" | "%";
  /** Null: only for the record. */
  readonly max: number | null;
  /** What a ratio was made from. */
  readonly from?: string;
}

export interface Row {
  readonly what: string;
  /** Null where it is not measured. */
  readonly built: Figure | null;
  readonly source: Figure | null;
  /** The same of the Python version, null where it is not compared. */
  readonly python: string | null;
}

/** Names of the figures that are over their bound. */
export function overruns(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ what, built, source }) => [
    ...(isOver(built) ? [`${what} (built file)`] : []),
    ...(isOver(source) ? [`${what} (from source)`] : []),
  ]);
}

/** The rows as a Markdown table. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.what,
    figureText(row.built),
    boundText(row.built),
    figureText(row.source),
    boundText(row.source),
    row.python ?? "",
    verdict(row),
  ]);
  const head = ["what", "built file", "bound", "from source", "bound", "Python version", ""];
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function verdict({ built, source }: Row): string {
  if (isOver(built) || isOver(source)) return "**over**";
  return (built ?? source)?.max === null ? "" : "ok";
}

function isOver(figure: Figure | null): boolean {
  return figure !== null && figure.max !== null && figure.value > figure.max;
}

function figureText(figure: Figure | null): string {
  if (figure === null) return "";
  const { value, unit, from } = figure;
  return `${rounded(value)} ${unit}${from === undefined ? "" : ` (${from})`}`;
}

function boundText(figure: Figure | null): string {
  return figure === null || figure.max === null ? "" : `≤ ${figure.max} ${figure.unit}`;
}

/** Three digits that count. */
export function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
