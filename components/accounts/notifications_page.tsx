import type { JSX } from "preact";
import { KYC_STATES, type Notification } from "../../lib/accounts/account.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { type Texts, useTexts } from "../layout/texts.ts";
import { alertText, pairText, readAlertWords } from "../market/alert_text.ts";
import { moneyNotice } from "../ledger/notice_text.ts";
import { exchangeText } from "../market/exchange_text.ts";
import { poolNoticeText } from "../pools/notice_text.ts";
import { roomNoticeText } from "../rooms/notice_text.ts";
import { Hidden, type Said } from "./parts.tsx";
import { limitTitle } from "./limit_text.ts";
import { SettingsFrame } from "./settings_frame.tsx";

const SIGN_IN_CHANGES = ["password_changed", "email_changed", "factor_added", "factor_removed"] as const;
const METHOD_CHANGES = ["identity_linked", "identity_unlinked"] as const;

/** What befell one, latest first. */
export function NotificationsPage(
  { notifications, ...said }: Said & { notifications: readonly Notification[] },
): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const [latest] = notifications;
  return (
    <SettingsFrame path="/notifications" {...said}>
      {latest && notifications.some(({ read_at }) => read_at === null) && (
        <form action="/notifications/read" method="post" class="actions">
          <Hidden values={{ before: latest.id }} />
          <button type="submit" class="button outline">{t("accounts.notifications_read")}</button>
        </form>
      )}
      <section class="panel">
        {notifications.length === 0 ? <p class="empty">{t("accounts.notifications_none")}</p> : (
          <ul class="rows padded">
            {notifications.map((notification) => (
              <li key={notification.id} class="row">
                <span>
                  {noticeText(texts, notification)}{" "}
                  {notification.read_at === null && <span class="tag">{t("accounts.unread")}</span>}
                </span>
                <time class="sub" dateTime={notification.created_at}>
                  {formatDayTime(Date.parse(notification.created_at), locale, timeZone)}
                </time>
              </li>
            ))}
          </ul>
        )}
      </section>
    </SettingsFrame>
  );
}

/** A sentence for each kind we know; later kinds still show that there is news. */
function noticeText(texts: Texts, { kind, data }: Notification): string {
  const { t } = texts;
  const alert = kind === "alert" ? readAlertWords(data) : null;
  if (alert !== null) return `${pairText(alert.symbol)}: ${alertText(texts, alert)}`;
  if (kind === "feed_alert") return feedAlertText(texts, data);
  if (kind === "new_device" && typeof data.name === "string") {
    return t("accounts.notice_new_device", { name: data.name });
  }
  const status = KYC_STATES.find((state) => state === data.status);
  if (kind === "kyc_changed" && status) {
    const notice = t("accounts.notice_kyc_changed", { status: t(`accounts.kyc_${status}`) });
    // The reason is in an administrator's own words.
    return typeof data.reason === "string" ? `${notice} (${data.reason})` : notice;
  }
  if (kind === "limit_loosening" && typeof data.name === "string") {
    return t("limits.notice_loosening", { name: limitTitle({ t }, data.name) });
  }
  if (kind === "limit_ceiling_changed" && typeof data.name === "string") {
    return t("limits.notice_ceiling", { name: limitTitle({ t }, data.name) });
  }
  const money = moneyNotice(texts, kind, data);
  if (money !== null) return money;
  const pool = poolNoticeText(texts, kind, data);
  if (pool !== null) return pool;
  const changed = SIGN_IN_CHANGES.find((each) => each === kind);
  if (changed) return t(`accounts.notice_${changed}`);
  const method = METHOD_CHANGES.find((each) => each === kind);
  if (method && typeof data.provider === "string") {
    return t(`accounts.notice_${method}`, { provider: data.provider });
  }
  const room = roomNoticeText(texts, kind, data);
  if (room !== null) return room;
  if (kind === "admin_granted") return t("admin.notice_granted");
  if (kind === "ledger_broken") return t("money.notice_ledger_broken");
  if (kind === "admin_removed") return t("admin.notice_removed");
  return t(kind === "recovery_used" ? "accounts.notice_recovery_used" : "accounts.notice_other");
}

/** What is wrong with a feed's data, and where; administrators alone are told. */
function feedAlertText(texts: Texts, { exchange, kind, symbol, symbols }: Notification["data"]): string {
  const trouble = FEED_TROUBLES.find((each) => each === kind);
  if (trouble === undefined || typeof exchange !== "string") return texts.t("accounts.notice_other");
  const more = typeof symbols === "number" && symbols > 1 ? ` (+${symbols - 1})` : "";
  const where = typeof symbol === "string" && symbol !== "" ? `${pairText(symbol)}${more}, ` : "";
  return `${texts.t(`monitor.${trouble}`)}: ${where}${exchangeText(texts, exchange)}`;
}

const FEED_TROUBLES = ["symbol_silent", "gap_unfilled", "fold_mismatch", "bad_frames", "clock_skew"] as const;
