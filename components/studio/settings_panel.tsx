import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { studioPath } from "./room_text.ts";

/** Seconds to choose from; the database takes 0 to 120. */
export const SLOW_MODES_s = [0, 3, 5, 10, 30, 60, 120] as const;

/** What 200 words of 50 letters need. */
const WORDS_LENGTH_MAX = 10_400;

/** How the room talks: slow mode, followers alone, blocked words, and the message that is pinned. */
export function SettingsPanel({ stream }: { stream: StreamObject }): JSX.Element {
  const { t } = useTexts();
  const id = useId();
  const { settings } = stream;
  const now_s = settings.slow_mode_s;
  const choices = [...new Set<number>([...SLOW_MODES_s, now_s])].toSorted((a, b) => a - b);
  return (
    <div class="settings-panel">
      <form action={`${studioPath(stream)}/settings`} method="post" class="room-settings">
        <div class="field">
          <label class="field-label" for={`${id}-slow`}>{t("studio.slow_mode")}</label>
          <select id={`${id}-slow`} name="slow_mode_s" aria-describedby={`${id}-slow-hint`}>
            {choices.map((each) => (
              <option key={each} value={each} selected={each === now_s}>
                {each === 0 ? t("studio.slow_off") : t("studio.seconds", { count: each })}
              </option>
            ))}
          </select>
          <span class="field-hint" id={`${id}-slow-hint`}>{t("studio.slow_hint")}</span>
        </div>
        <label class="check">
          <input type="checkbox" name="followers_only" value="on" checked={settings.followers_only} />
          <span>{t("studio.followers_only")}</span>
        </label>
        <div class="field words-field">
          <label class="field-label" for={`${id}-words`}>{t("studio.blocked_words")}</label>
          <textarea
            id={`${id}-words`}
            name="blocked_words"
            rows={4}
            maxLength={WORDS_LENGTH_MAX}
            spellcheck={false}
            aria-describedby={`${id}-words-hint`}
          >
            {(settings.blocked_words ?? []).join("\n")}
          </textarea>
          <span class="field-hint" id={`${id}-words-hint`}>{t("studio.blocked_hint")}</span>
        </div>
        <button type="submit" class="button primary">{t("studio.save")}</button>
      </form>
      <section class="pinned-now" aria-label={t("studio.pinned")}>
        <h3>{t("studio.pinned")}</h3>
        {settings.pinned === null
          ? <p class="quiet">{t("studio.no_pinned")}</p>
          : (
            <form action={`${studioPath(stream)}/settings/pin`} method="post" class="pinned-form">
              <Hidden values={{ message_id: "" }} />
              <p class="said">
                <strong>{settings.pinned.username ?? t("studio.someone")}</strong> {settings.pinned.message}
              </p>
              <button type="submit" class="button outline">{t("studio.unpin")}</button>
            </form>
          )}
      </section>
    </div>
  );
}
