import type { JSX } from "preact";
import { Island } from "../layout/island.tsx";
import { usePage } from "../layout/page_provider.ts";

/** On pages of one's own: leaves the page when the session was ended elsewhere. Shows nothing. */
export function SessionGuard(): JSX.Element | null {
  const user = usePage()?.user;
  if (!user) return null;
  return (
    <Island name="session_guard" props={{ userId: user.id }}>
      {null}
    </Island>
  );
}
