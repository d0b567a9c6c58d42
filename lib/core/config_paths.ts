import { baseName, normalPath } from "./path_parts.ts";

/** Where a configuration file lies, and what its paths are taken against. */
export interface ConfigPlace {
  /** Absolute. */
  readonly configPath: string;
  /** Absolute folder of the file: a relative `work_dir` is taken against it. */
  readonly configDir: string;
  /** What `~` stands for, null where unknown. */
  readonly home: string | null;
  /**
   * The path without links, null where there is nothing. Given, it is asked for `work_dir` only, whose last
   * component names the project; without it links stay as written.
   */
  readonly realPath?: (path: string) => string | null;
}

/** What the paths other than `work_dir` are taken against. */
export interface PathBase {
  readonly workDir: string;
  readonly project: string;
  readonly home: string | null;
}

export type Resolved =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "bad"; readonly why: string };

/** Resolves `runtime.work_dir` to an absolute path. */
export function workDirOf(written: string, place: ConfigPlace): Resolved {
  if (written.includes("{project}")) {
    return { kind: "bad", why: "{project} is the last part of work_dir itself and cannot stand in it" };
  }
  const expanded = expandHome(written, place.home);
  if (expanded.kind === "bad") return expanded;
  const path = joinPath(place.configDir, expanded.path);
  // Links are followed before `..` is taken away: the parent of a linked folder is not the link's.
  return { kind: "path", path: place.realPath?.(path) ?? normalPath(path) };
}

/**
 * The project's name: the last component of the work folder, `default` for the root.
 *
 * @example
 * ```ts
 * import { projectOf } from "./config_paths.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(projectOf("/home/ann/website"), "website");
 * assert.equal(projectOf("/"), "default");
 * ```
 */
export function projectOf(workDir: string): string {
  const name = baseName(workDir);
  return name === "" ? "default" : name;
}

/** Resolves any path of the file but `work_dir`; what is absolute stays as written. */
export function pathOf(written: string, base: PathBase): Resolved {
  const expanded = expandHome(written.replaceAll("{project}", base.project), base.home);
  if (expanded.kind === "bad" || expanded.path.startsWith("/")) return expanded;
  return { kind: "path", path: normalPath(joinPath(base.workDir, expanded.path)) };
}

function expandHome(written: string, home: string | null): Resolved {
  if (!written.startsWith("~")) return { kind: "path", path: written };
  if (written !== "~" && !written.startsWith("~/")) {
    return {
      kind: "bad",
      why: `the home of another user is not looked up; write ${JSON.stringify(written)} in full`,
    };
  }
  if (home === null || home === "") {
    return { kind: "bad", why: "~ cannot be expanded, as HOME is not set; write the path in full" };
  }
  return { kind: "path", path: home.replace(/\/+$/, "") + written.slice(1) || "/" };
}

function joinPath(base: string, path: string): string {
  return path.startsWith("/") ? path : `${base}/${path}`;
}
