/**
 * What a call to several parts of a plugin came to.
 *
 * @module
 */
import { readFault } from "./faults.ts";
import { PART_MAX, type PartFault } from "./guest.ts";

export interface Parts {
  /** By the names of parts. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: readonly PartFault[];
}

/** Only what these parts may say is taken; what the plugin's own side has checked is checked again. */
export function readParts(raw: unknown, names: readonly string[]): Parts {
  const { values: allValues, faults: allFaults } = tableOf(raw);
  const values: Record<string, unknown> = {};
  const faults: PartFault[] = [];
  for (const name of names) {
    const value = memberOf(allValues, name);
    const told = faultFor(allFaults, name);
    if (told !== null) faults.push({ name, ...told });
    else if (value === undefined) faults.push({ name, ...faultOfType("TypeError", "it did not answer") });
    else if (JSON.stringify(value).length <= PART_MAX) values[name] = value;
    else {faults.push({
        name,
        ...faultOfType("RangeError", `its value is longer than ${PART_MAX} characters`),
      });}
  }
  return { values, faults };
}

function faultFor(all: unknown, name: string) {
  const found = Array.isArray(all) ? all.find((one) => memberOf(one, "name") === name) : undefined;
  return found === undefined ? null : readFault(found);
}

function memberOf(value: unknown, name: string): unknown {
  const table = tableOf(value);
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function faultOfType(type: string, message: string) {
  return { type, message, stack: "" };
}
