/**
 * The fields of what is written and read again: events and small records. A field is its check, its type for the
 * compiler, and its words for the reference.
 *
 * @module
 */

export interface Field<Value> {
  readonly is: (value: unknown) => value is Value;
  readonly shape: Shape;
  /** What it means, `""` where its name says so. */
  readonly text: string;
  /** Of words from outside: they are redacted and cut to so many characters when they are written; else null. */
  readonly free: number | null;
}

/** A field that older writers do not know. */
export interface OptionalField<Value> extends Field<Value | undefined> {
  readonly shape: { readonly optional: Field<unknown> };
}

/** What a field may hold, for those who show it or make examples of it. */
export type Shape =
  | "boolean"
  | "int"
  | "number"
  | "string"
  /** With any keys. */
  | "table"
  | { readonly oneOf: readonly string[] }
  | { readonly list: Field<unknown> }
  | { readonly fields: Fields }
  | { readonly nullable: Field<unknown> }
  | { readonly optional: Field<unknown> };

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** An object with these fields; it may hold others. */
export type ValuesOf<F extends Fields> =
  & { readonly [Name in keyof F as F[Name] extends OptionalField<unknown> ? never : Name]: ValueOf<F[Name]> }
  & {
    readonly [Name in keyof F as F[Name] extends OptionalField<unknown> ? Name : never]?: ValueOf<F[Name]>;
  };

type ValueOf<F> = F extends Field<infer Value> ? Value : never;

export function bool(text = ""): Field<boolean> {
  return { is: (value) => typeof value === "boolean", shape: "boolean", text, free: null };
}

export function int(text = ""): Field<number> {
  return { is: (value): value is number => Number.isInteger(value), shape: "int", text, free: null };
}

/** An integer of at least `min`. */
export function intFrom(min: number): Field<number> {
  const whole = int();
  return { ...whole, is: (value): value is number => whole.is(value) && value >= min };
}

export function num(text = ""): Field<number> {
  return {
    is: (value): value is number => typeof value === "number" && !Number.isNaN(value),
    shape: "number",
    text,
    free: null,
  };
}

export function word(text = ""): Field<string> {
  return { is: (value) => typeof value === "string", shape: "string", text, free: null };
}

/** Words from outside. @param max characters that are kept */
export function free(max: number, text: string): Field<string> {
  return { ...word(text), free: max };
}

/** An object, or a list, with anything in it. */
export function table(text = ""): Field<Readonly<Record<string, unknown>>> {
  return {
    is: (value): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null,
    shape: "table",
    text,
    free: null,
  };
}

export function oneOf<const Word extends string>(words: readonly Word[], text = ""): Field<Word> {
  return {
    is: (value): value is Word => (words as readonly unknown[]).includes(value),
    shape: { oneOf: words },
    text,
    free: null,
  };
}

export function list<Value>(item: Field<Value>, text = ""): Field<readonly Value[]> {
  return {
    is: (value): value is readonly Value[] => Array.isArray(value) && value.every((one) => item.is(one)),
    shape: { list: item },
    text,
    free: null,
  };
}

export function fields<const F extends Fields>(of: F, text = ""): Field<ValuesOf<F>> {
  const names = Object.keys(of);
  return {
    is: (value): value is ValuesOf<F> =>
      typeof value === "object" && value !== null &&
      names.every((name) => of[name]!.is((value as Readonly<Record<string, unknown>>)[name])),
    shape: { fields: of },
    text,
    free: null,
  };
}

export function nullable<Value>(field: Field<Value>): Field<Value | null> {
  return {
    is: (value): value is Value | null => value === null || field.is(value),
    shape: { nullable: field },
    text: field.text,
    free: field.free,
  };
}

export function optional<Value>(field: Field<Value>): OptionalField<Value> {
  return {
    is: (value): value is Value | undefined => value === undefined || field.is(value),
    shape: { optional: field },
    text: field.text,
    free: field.free,
  };
}
