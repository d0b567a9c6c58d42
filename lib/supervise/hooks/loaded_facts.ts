import type { LoadedPlugin } from "../../extend/loaded_plugin.ts";

/** A plugin as the log names it: what runs, and what is called of it. */
export function loadedFacts({ name, description, recipe: { declaration, sha256 } }: LoadedPlugin) {
  return {
    name,
    source: declaration.source,
    sha256,
    trust: declaration.trust,
    functions: [...description.functions],
    context_enrichers: [...description.contextEnrichers],
    dirty_handlers: description.dirtyHandlers.map((handler) => handler.name),
    detectors: description.detectors.map((detector) => detector.name),
    event_kinds: [...description.eventKinds],
    owned_paths: [...description.ownedPaths],
  };
}
