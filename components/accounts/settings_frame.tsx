import type { ComponentChildren, JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { Notices, type Said } from "./parts.tsx";
import { SessionGuard } from "./session_guard.tsx";
import { StepUpDialog } from "./step_up_dialog.tsx";

/** Pages of one's own, in the order of the navigation beside them. */
const PAGES = [
  ["/settings", "accounts.profile"],
  ["/settings/security", "accounts.security"],
  ["/settings/devices", "accounts.devices"],
  ["/settings/limits", "limits.title"],
  ["/settings/data", "accounts.data"],
  ["/notifications", "accounts.notifications"],
] as const;

/** See {@link PAGES}. */
export type SettingsPath = (typeof PAGES)[number][0];

/** The frame of every page of one's own: where else to go, and what the last form led to. */
export function SettingsFrame(
  { path, children, ...said }: Said & { path: SettingsPath; children: ComponentChildren },
): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="settings">
      <SessionGuard />
      <nav class="settings-nav" aria-label={t("accounts.settings")}>
        {PAGES.map(([href, key]) => (
          <a key={href} href={href} aria-current={href === path ? "page" : undefined}>{t(key)}</a>
        ))}
      </nav>
      <div class="settings-body">
        <h1>{t(PAGES.find(([href]) => href === path)?.[1] ?? "accounts.settings")}</h1>
        <Notices {...said} />
        {children}
        <StepUpDialog />
      </div>
    </div>
  );
}
