import type { JSX } from "preact";
import type { Overview } from "../../lib/admin/overview.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { Section } from "../accounts/parts.tsx";
import { exchangeText } from "../market/exchange_text.ts";
import { useTexts } from "../layout/texts.ts";

/** The counts, in reading order, with the page that says more. */
const COUNTS = [
  ["users", "/admin/users"],
  ["users_new", "/admin/users"],
  ["sessions", null],
  ["sign_ins_failed", "/admin/audit?action=auth"],
  ["rate_limited", "/admin/limits"],
  ["jobs_waiting", null],
  ["jobs_failed", null],
] as const;

/** Counts that should be nought: where they are not, somebody has to look. */
const ALARMS: readonly string[] = ["jobs_failed"];

/** How the platform beside its money is: accounts, jobs and feeds. */
export function PlatformFacts({ overview }: { overview: Overview }): JSX.Element {
  const { t } = useTexts();
  return (
    <>
      <h2 class="list-title">{t("admin.platform")}</h2>
      <ul class="tiles">
        {COUNTS.map(([name, href]) => (
          <li key={name} class="panel tile">
            <span class={`tile-number ${ALARMS.includes(name) && overview[name] > 0 ? "down" : ""}`}>
              {overview[name]}
            </span>
            {href === null
              ? <span class="tile-label">{t(`admin.count_${name}`)}</span>
              : <a class="tile-label" href={href}>{t(`admin.count_${name}`)}</a>}
          </li>
        ))}
      </ul>
      <Section title={t("admin.feeds")}>
        <Feeds feeds={overview.feeds} />
      </Section>
    </>
  );
}

function Feeds({ feeds }: { feeds: Overview["feeds"] }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  if (feeds.length === 0) return <p class="quiet">{t("admin.feeds_none")}</p>;
  return (
    <table class="table tall stacked inset">
      <thead>
        <tr>
          <th scope="col">{t("admin.exchange")}</th>
          <th scope="col">{t("admin.state")}</th>
          <th scope="col" class="num">{t("admin.feed_sockets")}</th>
          <th scope="col" class="num">{t("admin.feed_streams")}</th>
          <th scope="col">{t("admin.feed_last")}</th>
        </tr>
      </thead>
      <tbody>
        {feeds.map((feed) => (
          <tr key={feed.exchange}>
            <td data-label={t("admin.exchange")}>{exchangeText(texts, feed.exchange)}</td>
            <td data-label={t("admin.state")}>
              <span class={`tag ${feed.state === "live" ? "good" : "late"}`}>{t(`chart.feed_${feed.state}`)}</span>
            </td>
            <td class="num" data-label={t("admin.feed_sockets")}>{feed.sockets}</td>
            <td class="num" data-label={t("admin.feed_streams")}>{feed.streams}</td>
            <td data-label={t("admin.feed_last")}>
              {feed.last_event_at === null
                ? t("admin.never")
                : formatDayTime(Date.parse(feed.last_event_at), locale, timeZone)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
