import type { JSX } from "preact";
import { REPORT_STATUSES, type ReportsPage, type ReportStatus } from "../../lib/rooms/answers.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { Pager } from "./home_page.tsx";
import { studioPath } from "./room_text.ts";
import { Moment } from "./stream_lists.tsx";

/** What viewers reported, for a moderator to keep or to remove. */
export function ReportsPanel({ stream, reports, status, isFirst }: {
  stream: StreamObject;
  reports: ReportsPage;
  status: ReportStatus;
  isFirst: boolean;
}): JSX.Element {
  const { t } = useTexts();
  const path = studioPath(stream);
  return (
    <>
      <nav class="asset-tabs" aria-label={t("studio.reports_status")} data-soft>
        {REPORT_STATUSES.map((each) => (
          <a key={each} href={`${path}?tab=reports&status=${each}`} aria-current={each === status ? "true" : undefined}>
            {t(`studio.reports_${each}`)}
          </a>
        ))}
      </nav>
      {reports.items.length === 0 ? <p class="empty">{t("studio.no_reports")}</p> : (
        <ul class="report-rows">
          {reports.items.map((report) => <Report key={report.id} path={path} report={report} />)}
        </ul>
      )}
      <Pager path={path} nextCursor={reports.next_cursor} isFirst={isFirst} more={{ tab: "reports", status }} />
    </>
  );
}

function Report({ path, report }: { path: string; report: ReportsPage["items"][number] }): JSX.Element {
  const { t } = useTexts();
  const { message } = report;
  const author = message && "username" in message ? message.username : null;
  return (
    <li class="report">
      <div class="report-text">
        <p>
          <strong>{author ?? t("studio.someone")}</strong>{" "}
          <span class="sub">
            <Moment at={message?.created_at ?? null} />
          </span>
        </p>
        <p class="said">{message && "message" in message ? message.message : t("studio.removed_hidden")}</p>
        <p class="report-why">
          <span class="sub">{t("studio.reported_by", { name: report.reporter_name ?? t("studio.someone") })}</span>{" "}
          {report.reason}
        </p>
      </div>
      {report.status === "open"
        ? (
          <form action={`${path}/reports/${report.id}`} method="post" class="row-actions">
            <Hidden values={{ tab: "reports" }} />
            <button type="submit" name="decision" value="keep" class="button secondary">{t("studio.keep")}</button>
            <button type="submit" name="decision" value="remove" class="button outline danger">
              {t("studio.remove")}
            </button>
          </form>
        )
        : (
          <p class="sub">
            {t("studio.decided_by", { name: report.decided_by_name ?? t("studio.someone") })}{" "}
            <Moment at={report.decided_at} />
          </p>
        )}
    </li>
  );
}
