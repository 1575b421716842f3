/**
 * Runs loops beside each other until `signal` is aborted, so that none holds up another. One that ends, or fails, ends
 * them all.
 */
export async function sideBySide(
  signal: AbortSignal,
  ...loops: ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const ended = new AbortController();
  const any = AbortSignal.any([signal, ended.signal]);
  await Promise.all(loops.map(async (loop) => {
    try {
      await loop(any);
    } finally {
      ended.abort();
    }
  }));
}
