import type { JSX } from "preact";
import type { AuditEntry } from "../../lib/accounts/account.ts";
import { useTexts } from "../layout/texts.ts";
import { AdminFrame, NextPage } from "./admin_frame.tsx";

/** What was done here, by whom, latest first. Times are as the log keeps them, in UTC. */
export function AuditPage({ entries, query, cursor }: {
  entries: readonly AuditEntry[];
  query: string;
  cursor: string | null;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path="/admin/audit" query={query} placeholder={t("admin.search_audit")}>
      <section class="panel scroll-x">
        {entries.length === 0 ? <p class="empty">{t("admin.audit_none")}</p> : (
          <table class="table tall">
            <thead>
              <tr>
                <th scope="col" class="num">{t("admin.seq")}</th>
                <th scope="col">{t("admin.at")}</th>
                <th scope="col">{t("admin.action")}</th>
                <th scope="col">{t("admin.actor")}</th>
                <th scope="col">{t("admin.subject")}</th>
                <th scope="col">{t("admin.detail")}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.id}>
                  <td class="num">{entry.seq ?? "–"}</td>
                  <td>{entry.at.slice(0, 19).replace("T", " ")}</td>
                  <td>
                    <code>{entry.action}</code>
                  </td>
                  <td>
                    {entry.actor === null
                      ? t("admin.system")
                      : (
                        <a href={`/admin/audit?${new URLSearchParams({ q: entry.actor })}`}>
                          <ShortId id={entry.actor} />
                        </a>
                      )}
                  </td>
                  <td>
                    {entry.subject_type} <ShortId id={entry.subject_id ?? ""} />
                  </td>
                  <td class="detail-cell">
                    <code>{JSON.stringify(entry.detail)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <NextPage path="/admin/audit" query={query} cursor={cursor} />
    </AdminFrame>
  );
}

/** The end of an id, where ids made in the same second differ; the whole is told on hovering. */
function ShortId({ id }: { id: string }): JSX.Element {
  return <code title={id}>{/^[0-9a-f-]{36}$/.test(id) ? `…${id.slice(-8)}` : id}</code>;
}
