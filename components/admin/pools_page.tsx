import type { JSX } from "preact";
import type { AdminPool, AdminPoolsPage } from "../../lib/admin/pools.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { formatMoney, formatRate, formatSignedPercent } from "../../lib/pools/format.ts";
import { POOL_STATUSES } from "../../lib/pools/pool_shapes.ts";
import { Choice, type Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminFrame, Pages } from "./admin_frame.tsx";
import { AdapterTag, StatusTag } from "./pool_tags.tsx";

const PATH = "/admin/pools";

/** All pools, newest first. */
export function PoolsPage({ page, status, isFirst, ...said }: Said & {
  page: AdminPoolsPage;
  /** The one that is listed; null for all. */
  status: AdminPool["status"] | null;
  isFirst: boolean;
}): JSX.Element {
  const { t } = useTexts();
  const options = POOL_STATUSES.map((each) => [each, t(`money.status_${each}`)] as const);
  return (
    <AdminFrame path={PATH} {...said}>
      <div class="spread">
        <form action={PATH} method="get" class="filters" role="search">
          <Choice
            label={t("admin.state")}
            name="status"
            value={status ?? ""}
            options={[["", t("admin.any")], ...options]}
          />
          <button type="submit" class="button secondary">{t("admin.filter")}</button>
        </form>
        <a class="button primary" href={`${PATH}/new`}>{t("money.new_pool")}</a>
      </div>
      <section class="panel scroll-x">
        {page.items.length === 0 ? <p class="empty">{t("money.pools_none")}</p> : (
          <table class="table tall stacked">
            <thead>
              <tr>
                <th scope="col">{t("money.pool")}</th>
                <th scope="col">{t("admin.state")}</th>
                <th scope="col" class="num">{t("money.size")}</th>
                <th scope="col" class="num">{t("money.investors")}</th>
                <th scope="col" class="num">{t("money.fee")}</th>
                <th scope="col">{t("money.settles")}</th>
                <th scope="col">{t("money.adapter")}</th>
              </tr>
            </thead>
            <tbody>{page.items.map((pool) => <Row key={pool.id} pool={pool} />)}</tbody>
          </table>
        )}
      </section>
      <Pages path={PATH} params={{ status: status ?? "" }} cursor={page.next_cursor} isFirst={isFirst} />
    </AdminFrame>
  );
}

function Row({ pool }: { pool: AdminPool }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { id, name, manager, visibility, currency, size, change_percent, investors, cycle, settles_at } = pool;
  return (
    <tr>
      <td class="person-cell">
        <div>
          <a href={`${PATH}/${id}`}>
            <strong>{name}</strong>
          </a>
          <div class="sub">
            {manager.username ?? t("credits.gone")}, {t(`money.visibility_${visibility}`)}
          </div>
        </div>
      </td>
      <td data-label={t("admin.state")}>
        <StatusTag pool={pool} />
      </td>
      <td class="num" data-label={t("money.size")}>
        <span>
          {formatMoney(size, currency) ?? t("live.no_data")}
          <span class="sub">{formatSignedPercent(change_percent)}</span>
        </span>
      </td>
      <td class="num" data-label={t("money.investors")}>{investors}</td>
      <td class="num" data-label={t("money.fee")}>{formatRate(pool.manager_fee_percent)}</td>
      <td data-label={t("money.settles")}>
        <span>
          {settles_at === null ? "–" : formatDayTime(Date.parse(settles_at), locale, timeZone)}
          <span class="sub">{t(`money.cycle_${cycle}`)}</span>
        </span>
      </td>
      <td data-label={t("money.adapter")}>
        <AdapterTag pool={pool} />
      </td>
    </tr>
  );
}
