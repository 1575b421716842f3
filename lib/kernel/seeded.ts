/**
 * A sequence of numbers in [0, 1) that follows from its seed, so that what it decided can be repeated: Mulberry32, by
 * Tommy Ettinger, with 32 bits of state. Nothing secret may hang on it.
 */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
