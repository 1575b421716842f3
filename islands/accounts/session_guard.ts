import { guardSession } from "../../lib/accounts/client/session_guard.ts";
import { pageConnection } from "../../lib/realtime/client/connection.ts";

/** Leaves a page of one's own when its session was ended elsewhere. */
export function session_guard(_element: HTMLElement, { userId }: { userId: string }): void {
  const stop = guardSession({
    connection: pageConnection(),
    userId,
    check() {
      stop();
      const here = `${location.pathname}${location.search}`;
      location.replace(`/session?${new URLSearchParams({ next: here })}`);
    },
  });
}
