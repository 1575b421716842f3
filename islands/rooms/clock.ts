import { signal } from "@preact/signals";

/** Wall time of the page, Unix ms; moves once a second while the page is seen. */
export const clock = signal(0);

/** Starts the clock; returns a function that stops it. */
export function startClock(): () => void {
  clock.value = Date.now();
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") clock.value = Date.now();
  }, 1_000);
  return () => clearInterval(timer);
}
