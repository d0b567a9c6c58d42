/**
 * What all command lines of this program have in common.
 *
 * @module
 */
import {
  type Application,
  type ApplicationText,
  buildApplication,
  type RouteMap,
  text_en,
} from "@stricli/core";
import { VERSION } from "../core/version.ts";
import type { CliContext } from "./context.ts";

/** Flags of every verb; `takeGlobals` takes them before the verb's own are looked at. */
export const globals = {
  config: {
    kind: "parsed",
    parse: String,
    optional: true,
    brief: "Configuration file. [default = agent-runner.toml]",
    placeholder: "path",
  },
  json: { kind: "boolean", brief: "Data and errors as JSON.", default: false, withNegated: false },
} as const;

/** @param name the words before the verbs */
export function applicationOf(name: string, verbs: RouteMap<CliContext>): Application<CliContext> {
  return buildApplication(verbs, {
    name,
    versionInfo: { currentVersion: `agent-runner ${VERSION}` },
    localization: { text: textFor(name) },
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: {
      caseStyle: "convert-camel-to-kebab",
      useAliasInUsageLine: false,
      disableAnsiColor: true,
    },
  });
}

/** Stricli's words, in the form of all other errors. */
function textFor(name: string): ApplicationText {
  const usageError = (text: string) => `error: ${text}\nhint: ${name} --help`;
  return {
    ...text_en,
    noCommandRegisteredForInput: (args) => usageError(text_en.noCommandRegisteredForInput(args)),
    exceptionWhileParsingArguments: (exc, ansi) =>
      usageError(text_en.exceptionWhileParsingArguments.call(text_en, exc, ansi)),
  };
}
