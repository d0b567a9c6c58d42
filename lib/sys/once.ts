/** Makes a value at its first use and keeps it; a failure is not kept. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  function get(): T {
    made ??= { value: make() };
    return made.value;
  }
  return get;
}
