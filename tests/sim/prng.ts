/** A reproducible stream of random numbers: the same seed, the same stream, for ever. */
export interface Prng {
  /** Uniform in [0, 1). */
  next(): number;
  /** An integer in [0, n). */
  int(n: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A copy in random order. */
  shuffle<T>(list: readonly T[]): T[];
}

/** The mulberry32 generator over a 32-bit seed. */
export function mulberry32(seed: number): Prng {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  }
  function int(n: number): number {
    return Math.floor(next() * n);
  }
  return {
    next,
    int,
    chance: (p) => next() < p,
    pick: (list) => pickOf(list, int),
    shuffle: (list) => shuffled(list, int),
  };
}

/** A stream of its own for one purpose, so that draws for one purpose do not move the others. */
export function streamOf(seed: number, purpose: string): Prng {
  let hash = seed >>> 0;
  for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193) >>> 0;
  return mulberry32(hash);
}

function pickOf<T>(list: readonly T[], int: (n: number) => number): T {
  if (list.length === 0) throw new RangeError("Cannot pick from an empty list");
  return list[int(list.length)] as T;
}

function shuffled<T>(list: readonly T[], int: (n: number) => number): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = int(i + 1);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}
