/** A request that takes longer counts as failed. */
const REQUEST_MS_MAX = 10_000;

/** Fetches JSON from our own API. Throws on network failure, time-out and refusals. */
export async function fetchJson(path: string, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(REQUEST_MS_MAX);
  const response = await fetch(path, {
    headers: { accept: "application/json" },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (!response.ok) throw new Error(`Cannot load "${path.split("?")[0]}": status is ${response.status}`);
  return await response.json();
}
