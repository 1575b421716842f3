import type { JSX } from "preact";
import type { AuditEntry } from "../../lib/admin/audit.ts";
import { useTexts } from "../layout/texts.ts";

/** What was done, by whom, to what. Times are as the log keeps them, in UTC. */
export function AuditTable({ entries }: { entries: readonly AuditEntry[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel scroll-x">
      {entries.length === 0 ? <p class="empty">{t("admin.audit_none")}</p> : (
        <table class="table tall stacked">
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
          <tbody>{entries.map((entry) => <EntryRow key={entry.id} entry={entry} />)}</tbody>
        </table>
      )}
    </section>
  );
}

function EntryRow({ entry }: { entry: AuditEntry }): JSX.Element {
  const { t } = useTexts();
  const { actor, subject_id, subject_type } = entry;
  return (
    <tr>
      <td class="num" data-label={t("admin.seq")}>{entry.seq ?? "–"}</td>
      <td data-label={t("admin.at")}>{entry.at.slice(0, 19).replace("T", " ")}</td>
      <td data-label={t("admin.action")}>
        <code>{entry.action}</code>
      </td>
      <td data-label={t("admin.actor")}>
        {actor === null
          ? t("admin.system")
          : <a href={`/admin/users/${actor}`}>{entry.actor_name ?? <ShortId id={actor} />}</a>}
      </td>
      <td data-label={t("admin.subject")}>
        <span>
          {subject_type} {subject_id === null
            ? null
            : subject_type === "user"
            ? <a href={`/admin/users/${subject_id}`}>{entry.subject_name ?? <ShortId id={subject_id} />}</a>
            : <ShortId id={subject_id} />}
        </span>
      </td>
      <td class="detail-cell" data-label={t("admin.detail")}>
        <code>{JSON.stringify(entry.detail)}</code>
      </td>
    </tr>
  );
}

/** The end of an id, where ids made in the same second differ; the whole is told on hovering. */
function ShortId({ id }: { id: string }): JSX.Element {
  return <code title={id}>{/^[0-9a-f-]{36}$/.test(id) ? `…${id.slice(-8)}` : id}</code>;
}
