/**
 * The house rules. Each check takes a path from the root of the repository and the text of that file and returns
 * problems as `path:line: sentence`; none when all is well.
 *
 * @module
 */

/** Functions of this shape hold one rule each. */
export type Check = (path: string, text: string) => readonly string[];

/** An import, a re-export, an `import()` of a literal or an `import("…")` in a type. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
  /** Loaded when the line is reached, not with the file. */
  readonly dynamic: boolean;
  /** The runtime looks for it when the program starts; it does not see `import("…" as string)` coming. */
  readonly foreseen: boolean;
}

type Node = Deno.lint.Node;
type Report = (node: Node, sentence: string) => void;

interface Layer {
  /** Files, and folders with a `/` at the end. */
  readonly files: readonly string[];
  /** Names of packages in `deno.json`; null: any of them. */
  readonly packages: readonly string[] | null;
  readonly typesOnly?: true;
}

const BASE = ["lib/core/", "lib/host.ts"];
const SIDES = [...BASE, "lib/store/", "lib/extend/"];

/** Who may import whom; a folder may always import itself. */
const LAYERS: Readonly<Record<string, Layer>> = {
  "lib/core/": { files: [], packages: ["get-east-asian-width"] },
  "lib/host.ts": { files: ["lib/core/"], packages: [], typesOnly: true },
  "lib/store/": { files: BASE, packages: null },
  "lib/extend/": { files: BASE, packages: null },
  "lib/service/": { files: BASE, packages: null },
  "lib/sys/": { files: BASE, packages: null },
  "lib/supervise/": { files: SIDES, packages: null },
  "lib/observe/": { files: SIDES, packages: null },
  "lib/cli/": { files: [...SIDES, "lib/supervise/", "lib/observe/", "lib/service/"], packages: null },
  "plugins/": { files: ["lib/core/plugin.ts"], packages: [] },
  "presets/": { files: ["lib/core/"], packages: [] },
  "main.ts": {
    files: ["lib/sys/", "lib/cli/", "plugins/", "presets/", "deno.json"],
    packages: ["smol-toml"],
  },
};

/** What only `lib/sys` may name, and what stands in for it elsewhere. */
const AMBIENT: Readonly<Record<string, string>> = {
  "Deno": "a port of Host",
  "process": "a port of Host",
  "globalThis": "a port of Host",
  "console": "host.terminal",
  "Buffer": "Uint8Array",
  "setTimeout": "host.clock.sleep",
  "setInterval": "host.clock.sleep",
  "setImmediate": "host.clock.sleep",
  "AbortSignal.timeout": "host.clock.sleep",
  "performance": "host.clock.monotonicMs",
  "Date.now": "host.clock.now",
  "Temporal.Now": "host.clock.now",
  "Math.random": "host.random",
  "crypto.getRandomValues": "host.random",
  "crypto.randomUUID": "host.random",
};

/** Changes what belongs to the whole process. */
const SHARED: ReadonlySet<string> = new Set(["Deno.env.set", "Deno.env.delete", "Deno.chdir", "Deno.umask"]);

/** Names that only a CommonJS module has. */
const COMMONJS = ["require", "module", "exports"];

/** Files that are one long table. */
const TABLES: ReadonlySet<string> = new Set([
  "lib/core/events.ts",
  "lib/host.ts",
  "lib/core/config.ts",
  "lib/cli/commands.ts",
]);

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 50;

/** Texts that belong in no file of the repository. */
const UNWANTED: readonly (readonly [RegExp, string])[] = [
  [/\b(TO[D]O|FIX[M]E)\b/, "do it, or open an issue"],
  [/(?<![\w.~}-])\/(work|root)\//, "a path of one machine"],
  [/\bregistry\.(npmjs|yarnpkg|npmmirror)\b|\b(npm\.)?jsr\.io\b|\besm\.sh\b/, "the host of a registry"],
];

/** Every import stays within the layers. */
export function checkLayers(path: string, text: string): readonly string[] {
  const folder = Object.keys(LAYERS).find((key) =>
    key === path || (key.endsWith("/") && path.startsWith(key))
  );
  const layer = folder === undefined ? undefined : LAYERS[folder];
  if (folder === undefined || layer === undefined) return [`${path}:1: belongs to no layer`];
  return importsOf(path, text).flatMap(({ specifier, line, typeOnly }) => {
    const at = `${path}:${line}:`;
    if (!specifier.startsWith(".")) {
      const known = specifier.startsWith("node:") ||
        (!specifier.includes(":") && (layer.packages ?? [specifier]).includes(specifier));
      return known ? [] : [`${at} ${folder} may not import ${specifier}`];
    }
    const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
    const allowed = [folder, ...layer.files].some((to) =>
      to === target || (to.endsWith("/") && target.startsWith(to))
    );
    if (!allowed) return [`${at} ${folder} may not import ${target}`];
    return layer.typesOnly && !typeOnly ? [`${at} ${folder} may import types only, not ${target}`] : [];
  });
}

/** No clock, chance, timer, terminal or runtime but through Host. */
export function checkAmbient(path: string, text: string): readonly string[] {
  const imports = importsOf(path, text).filter(({ specifier }) => specifier.startsWith("node:"));
  return [
    ...imports.map(({ specifier, line }) => `${path}:${line}: use a port of Host instead of ${specifier}`),
    ...inspect(path, text, (report) => {
      const ban = (node: Node, name: string) => {
        if (Object.hasOwn(AMBIENT, name)) report(node, `use ${AMBIENT[name]} instead of ${name}`);
      };
      return {
        Identifier: (node) => isKey(node) || ban(node, node.name),
        MemberExpression: (node) => ban(node, textOf(text, node).replaceAll(/\s|\?/g, "")),
        NewExpression: (node) => {
          if (textOf(text, node.callee) === "Date" && node.arguments.length === 0) {
            report(node, "use host.clock.now instead of new Date()");
          }
        },
      };
    }),
  ];
}

/** Types only: of functions that others write, which may wait. */
const CONTRACT = "lib/core/plugin.ts";

/** Nothing that waits. */
export function checkPure(path: string, text: string): readonly string[] {
  return inspect(path, text, (report) => {
    const noAsync = (node: Node & { async: boolean }) =>
      node.async && report(node, "core has no async function");
    return {
      FunctionDeclaration: noAsync,
      FunctionExpression: noAsync,
      ArrowFunctionExpression: noAsync,
      AwaitExpression: (node) => report(node, "core has no await"),
      ForOfStatement: (node) => node.await && report(node, "core has no await"),
      Identifier: (node) =>
        node.name === "Promise" && !isKey(node) && path !== CONTRACT && report(node, "core has no Promise"),
    };
  });
}

/** Named exports, function declarations at the top, no failure swallowed. */
export function checkShape(path: string, text: string): readonly string[] {
  const mayExportDefault = /^(plugins|presets|docs\/examples\/plugins|tests\/agents\/plugins)\//.test(path);
  return inspect(path, text, (report) => ({
    ExportDefaultDeclaration: (node) => mayExportDefault || report(node, "export it by name"),
    CatchClause: (node) => {
      if (/^\{\s*\}$/.test(textOf(text, node.body))) report(node, "handle it, or say why it may be ignored");
    },
    VariableDeclarator: (node) => {
      const scope = node.parent.parent.type;
      const top = scope === "Program" || scope === "ExportNamedDeclaration";
      if (top && node.init?.type === "ArrowFunctionExpression") {
        report(node, "write it as a function declaration");
      }
    },
  }));
}

/** Tests of all files run in one process: what one changes there, all others see. */
export function checkShared(path: string, text: string): readonly string[] {
  return inspect(path, text, (report) => ({
    MemberExpression: (node) => {
      if (SHARED.has(textOf(text, node))) report(node, "do it in a process of its own");
    },
  }));
}

/** What is imported without the runtime's foresight gets its type from the same file, and no package is taken as a whole. */
export function checkImports(path: string, text: string): readonly string[] {
  const imports = importsOf(path, text);
  const typed = new Set(imports.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier));
  return [
    ...imports
      .filter(({ specifier, typeOnly, foreseen }) => !typeOnly && !foreseen && !typed.has(specifier))
      .map(({ specifier, line }) => `${path}:${line}: say \`as typeof import("${specifier}")\` too`),
    ...inspect(path, text, (report) => ({
      ImportNamespaceSpecifier: (node) => report(node, "import it by name"),
    })),
  ];
}

/** Files and functions that fit in a head. */
export function checkSize(path: string, text: string): readonly string[] {
  const lines = text.trimEnd().split("\n").length;
  const tooLong = lines > FILE_LINES_MAX && !TABLES.has(path);
  return [
    ...(tooLong ? [`${path}:${lines}: split it: ${lines} lines, at most ${FILE_LINES_MAX}`] : []),
    ...inspect(path, text, (report) => {
      const measure = (node: Node) => {
        const length = textOf(text, node).split("\n").length;
        if (length > FUNCTION_LINES_MAX) {
          report(node, `split the function: ${length} lines, at most ${FUNCTION_LINES_MAX}`);
        }
      };
      return { FunctionDeclaration: measure, FunctionExpression: measure, ArrowFunctionExpression: measure };
    }),
  ];
}

/** TypeScript files have names in snake_case. */
export function checkName(path: string): readonly string[] {
  const good = path.split("/").every((part) => /^[a-z0-9]+(_[a-z0-9]+)*(\.ts)?$/.test(part));
  return good ? [] : [`${path}:1: name it in snake_case`];
}

/** Nothing that holds only on one machine or only for now. */
export function checkText(path: string, text: string): readonly string[] {
  return text.split("\n").flatMap((line, index) =>
    UNWANTED.flatMap(([pattern, why]) => {
      const found = line.match(pattern)?.[0];
      return found === undefined ? [] : [`${path}:${index + 1}: "${found}": ${why}`];
    })
  );
}

/**
 * Nothing that wakes the runtime's Node layer, which alone takes as long as the rest of the start. The path of a
 * package's file is its URL; packages name their own variables `process`, so that is looked at in our files only.
 */
export function checkStart(path: string, text: string): readonly string[] {
  const names = path.startsWith("file:") ? COMMONJS : [...COMMONJS, "process", "Buffer"];
  const imports = importsOf(path, text).filter(({ specifier, dynamic }) =>
    specifier.startsWith("node:") && !dynamic
  );
  return [
    ...imports.map(({ specifier, line }) => `${path}:${line}: loads ${specifier} at the start`),
    ...inspect(path, text, (report) => ({
      Identifier: (node) => {
        if (names.includes(node.name) && !isKey(node)) {
          report(node, `names ${node.name} on the way to --version`);
        }
      },
    })),
  ];
}

/** The imports of a TypeScript or JavaScript file in no order. */
export function importsOf(path: string, text: string): readonly Import[] {
  const imports: Import[] = [];
  inspect(path, text, () => {
    const add = (
      node: Node,
      specifier: unknown,
      typeOnly: boolean,
      dynamic = false,
      foreseen = !typeOnly,
    ) => {
      if (typeof specifier === "string") {
        imports.push({ specifier, line: lineAt(text, node.range[0]), typeOnly, dynamic, foreseen });
      }
    };
    return {
      ImportDeclaration: (node) =>
        add(node, node.source.value, node.importKind === "type" || onlyTypes(node)),
      ExportAllDeclaration: (node) => add(node, node.source.value, node.exportKind === "type"),
      ExportNamedDeclaration: (node) => add(node, node.source?.value, node.exportKind === "type"),
      ImportExpression: (node) => {
        const foreseen = node.source.type !== "TSAsExpression";
        const source = node.source.type === "TSAsExpression" ? node.source.expression : node.source;
        add(node, source.type === "Literal" ? source.value : null, false, true, foreseen);
      },
      TSImportType: (node) => add(node, textOf(text, node).match(/^import\(\s*["'](.*?)["']/)?.[1], true),
    };
  });
  return imports;
}

function onlyTypes({ specifiers }: Deno.lint.ImportDeclaration): boolean {
  return specifiers.length > 0 &&
    specifiers.every((one) => one.type === "ImportSpecifier" && one.importKind === "type");
}

/** Walks the syntax tree. Deno's walk ends a block at an empty statement, which the formatter removes. */
function inspect(
  path: string,
  text: string,
  visitor: (report: Report) => Deno.lint.LintVisitor,
): readonly string[] {
  const problems: string[] = [];
  const report: Report = (node, sentence) =>
    void problems.push(`${path}:${lineAt(text, node.range[0])}: ${sentence}`);
  Deno.lint.runPlugin({ name: "house", rules: { rule: { create: () => visitor(report) } } }, path, text);
  return problems;
}

function textOf(text: string, node: Node): string {
  return text.slice(...node.range);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Whether the identifier only names a member: `a.name`, `{ name: 1 }`, `interface { name: … }`. */
function isKey(node: Deno.lint.Identifier): boolean {
  const parent: { type: string; computed?: boolean; key?: unknown; property?: unknown } = node.parent;
  const named = parent.key === node || parent.property === node;
  return named && parent.computed !== true;
}
