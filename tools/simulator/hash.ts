/**
 * Integer hashing: the simulator's only source of chance. Everything is 32-bit integer arithmetic, so the same
 * input gives the same market on every machine.
 */

/** Scrambles a 32-bit integer (the finalizer of MurmurHash3). */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Combines two 32-bit integers into one well-mixed unsigned one. */
export function hashPair(a: number, b: number): number {
  return mix32(Math.imul(a, 0x9e3779b1) ^ mix32(b + 0x7f4a7c15));
}

/** Hashes a short text (FNV-1a, then mixed). */
export function hashText(text: string): number {
  let x = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) x = Math.imul(x ^ text.charCodeAt(i), 0x01000193);
  return mix32(x);
}

/**
 * A standard bell-shaped number out of four uniform ones (Irwin–Hall, scaled to variance 1, within ±3.46).
 * Logarithms and cosines may differ between engines in their last bit; sums do not.
 */
export function bell(random: () => number): number {
  return (random() + random() + random() + random() - 2) * 1.7320508075688772;
}
