/**
 * Does something every so often while the page is seen, and at once when it is seen again.
 * @param task must not throw; one that still runs is not begun again.
 * @returns ends it.
 */
export function whileSeen(task: () => Promise<void>, every_ms: number): () => void {
  let isBusy = false;
  const run = async () => {
    if (isBusy || document.visibilityState !== "visible") return;
    isBusy = true;
    await task();
    isBusy = false;
  };
  const onTurn = () => void run();
  const timer = setInterval(onTurn, every_ms);
  document.addEventListener("visibilitychange", onTurn);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onTurn);
  };
}
