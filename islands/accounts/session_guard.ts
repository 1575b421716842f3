import { guardSession } from "../../lib/accounts/client/session_guard.ts";
import { pageConnection } from "../../lib/realtime/client/connection.ts";

/** Time the page's own way out has before the guard's: what ends a session (a sign-out, a deletion) leads somewhere too. */
const LEAVING_ms_MAX = 10_000;

/** Leaves a page of one's own when its session was ended elsewhere. */
export function session_guard(_element: HTMLElement, { userId }: { userId: string }): void {
  let leftAt_ms = -Infinity;
  // Fires for downloads as well, after which the page stays: so it only ever puts the guard off.
  addEventListener("beforeunload", () => {
    leftAt_ms = performance.now();
  });
  const stop = guardSession({
    connection: pageConnection(),
    userId,
    check() {
      stop();
      const here = `${location.pathname}${location.search}`;
      const leave = () => location.replace(`/session?${new URLSearchParams({ next: here })}`);
      setTimeout(leave, Math.max(0, leftAt_ms + LEAVING_ms_MAX - performance.now()));
    },
  });
}
