import type { JSX } from "preact";
import { plural } from "../../lib/kernel/i18n.ts";
import type { AdminPool, AdminPoolDetail } from "../../lib/admin/pools.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { directionOf, formatMoney, formatSignedMoney, formatUnitPrice } from "../../lib/pools/format.ts";
import { Field, type Said, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";
import { fieldsOf, PoolFieldset } from "./pool_form.tsx";
import { PoolLife } from "./pool_life.tsx";
import { PoolMembers } from "./pool_members.tsx";
import { AdapterTag, StatusTag } from "./pool_tags.tsx";

/** Settlements on the page: the API has more. */
const SETTLEMENTS_SHOWN_MAX = 12;

/** One pool, and what an administrator may do with it. */
export function PoolPage({ detail, newId, ...said }: Said & { detail: AdminPoolDetail; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { pool, members, fee_changes, settlements } = detail;
  const path = `/admin/pools/${pool.id}`;
  const isOver = pool.status === "closed";
  return (
    <AdminFrame path="/admin/pools" title={pool.name} {...said}>
      <p class="pool-line">
        <StatusTag pool={pool} />
        <span>{t(`money.visibility_${pool.visibility}`)}</span>
        <span>{t(`money.cycle_${pool.cycle}`)}</span>
        <a href={`/pools/${pool.id}`}>{t("money.look")}</a>
      </p>
      {pool.status === "paused" && pool.paused_reason !== null && (
        <p class="quiet">{t("money.paused_because", { reason: pool.paused_reason })}</p>
      )}
      <Figures pool={pool} />
      <div class="columns">
        <CycleFacts pool={pool} />
        <AdapterFacts pool={pool} />
      </div>
      {!isOver && <PoolLife pool={pool} newId={newId} />}
      {!isOver && pool.status !== "draft" && <FeeChange pool={pool} changes={fee_changes} newId={newId} />}
      {pool.visibility === "private" && <PoolMembers poolId={pool.id} members={members} newId={newId} />}
      <Settlements rows={settlements} currency={pool.currency} />
      {!isOver && (
        <Section title={t("money.terms")} lead={t("money.terms_hint")}>
          <AdminForm action={`${path}/terms`} step="fresh" newId={newId} className="form pool-form">
            <PoolFieldset fields={fieldsOf(pool)} isDraft={pool.status === "draft"} />
            <div class="actions">
              <button type="submit" class="button outline">{t("money.save_terms")}</button>
            </div>
          </AdminForm>
        </Section>
      )}
      <div class="actions">
        <a class="button outline" href={`/admin/audit?${new URLSearchParams({ subject: pool.id })}`}>
          {t("money.audit_of")}
        </a>
      </div>
    </AdminFrame>
  );
}

function Figures({ pool }: { pool: AdminPool }): JSX.Element {
  const { t } = useTexts();
  const { currency, size, capital, unit_price, investors, waiting } = pool;
  const figures = [
    ["size", formatMoney(size, currency)],
    ["capital", formatMoney(capital, currency)],
    ["unit_price", formatUnitPrice(unit_price, currency)],
    ["investors", String(investors)],
    ["waiting_in", formatMoney(waiting.amount, currency)],
  ] as const;
  return (
    <dl class="panel figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{t(`money.${name}`)}</dt>
          <dd class={value === null ? "no-data" : ""}>{value ?? t("live.no_data")}</dd>
        </div>
      ))}
    </dl>
  );
}

function CycleFacts({ pool: { cycle_now, waiting, manager } }: { pool: AdminPool }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const when = (at: string | null) =>
    at === null ? t("money.settles_forced") : formatDayTime(Date.parse(at), locale, timeZone);
  if (cycle_now === null) return <Section title={t("money.cycle_now")}>–</Section>;
  return (
    <Section title={`${t("money.cycle_now")} ${t("money.no", { no: cycle_now.no })}`}>
      <dl class="facts">
        <dt>{t("money.accepts_until")}</dt>
        <dd>{when(cycle_now.cutoff_at)}</dd>
        <dt>{t("money.ends")}</dt>
        <dd>{when(cycle_now.ends_at)}</dd>
        <dt>{t("money.waiting_in")}</dt>
        <dd>{plural(locale, "money.requests", waiting.subscriptions)}</dd>
        <dt>{t("money.waiting_out")}</dt>
        <dd>{plural(locale, "money.requests", waiting.redemptions)}</dd>
        {cycle_now.manager.user_id !== manager.user_id && (
          <>
            <dt>{t("money.fee_manager")}</dt>
            <dd>
              <a href={`/admin/users/${cycle_now.manager.user_id}`}>
                {cycle_now.manager.username ?? t("credits.gone")}
              </a>
            </dd>
          </>
        )}
        {cycle_now.last_error !== null && (
          <>
            <dt>{t("money.last_error")}</dt>
            <dd>
              <span class="tag bad">{plural(locale, "money.attempts", cycle_now.attempts ?? 0)}</span>{" "}
              <code>{cycle_now.last_error}</code>
            </dd>
          </>
        )}
      </dl>
    </Section>
  );
}

function AdapterFacts({ pool }: { pool: AdminPool }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { adapter, adapter_error, valued_at } = pool;
  const { symbol, url } = fieldsOf(pool);
  return (
    <Section title={t("money.adapter")}>
      <dl class="facts">
        <dt>{t("money.adapter")}</dt>
        <dd>{t(adapter === "http" ? "money.adapter_http" : "money.adapter_simulated")}</dd>
        {(url !== "" || symbol !== "") && (
          <>
            <dt>{t(url === "" ? "money.adapter_symbol" : "money.adapter_url")}</dt>
            <dd>
              <code class="hash">{url || symbol}</code>
            </dd>
          </>
        )}
        <dt>{t("money.adapter_status")}</dt>
        <dd>
          <AdapterTag pool={pool} />
        </dd>
        {adapter_error !== null && (
          <>
            <dt>{t("money.last_error")}</dt>
            <dd>
              <code>{adapter_error}</code>
            </dd>
          </>
        )}
        <dt>{t("money.last_word")}</dt>
        <dd>{valued_at === null ? t("admin.never") : formatDayTime(Date.parse(valued_at), locale, timeZone)}</dd>
      </dl>
    </Section>
  );
}

function FeeChange({ pool, changes, newId }: {
  pool: AdminPool;
  changes: AdminPoolDetail["fee_changes"];
  newId: NewId;
}): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const coming = changes.filter(({ cycle_no }) => cycle_no > (pool.cycle_now?.no ?? 0));
  return (
    <Section title={t("money.fee_change")} lead={t("money.fee_change_hint", { fee: pool.manager_fee_percent })}>
      {coming.length > 0 && (
        <ul class="rows">
          {coming.map(({ cycle_no, manager_fee_percent, announced_at }) => (
            <li key={cycle_no} class="row">
              {t("money.fee_announced", {
                fee: manager_fee_percent,
                no: cycle_no,
                date: formatDayTime(Date.parse(announced_at), locale, timeZone),
              })}
            </li>
          ))}
        </ul>
      )}
      <AdminForm action={`/admin/pools/${pool.id}/fee`} step="fresh" newId={newId} className="inline-form">
        <Field
          label={t("money.fee_to")}
          name="manager_fee_percent"
          value={pool.manager_fee_percent}
          inputMode="decimal"
          maxLength={6}
          autocomplete="off"
        />
        <button type="submit" class="button outline">{t("money.announce")}</button>
      </AdminForm>
    </Section>
  );
}

function Settlements({ rows, currency }: { rows: AdminPoolDetail["settlements"]; currency: string }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <Section title={t("money.pool_settlements")}>
      {rows.length === 0 ? <p class="quiet">{t("money.settlements_none")}</p> : (
        <div class="scroll-x">
          <table class="table tall stacked inset">
            <thead>
              <tr>
                <th scope="col">{t("money.cycle")}</th>
                <th scope="col" class="num">{t("money.unit_price")}</th>
                <th scope="col" class="num">{t("money.pnl")}</th>
                <th scope="col" class="num">{t("money.fee")}</th>
                <th scope="col" class="num">{t("money.subscribed")}</th>
                <th scope="col" class="num">{t("money.redeemed")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SETTLEMENTS_SHOWN_MAX).map((
                { no, settled_at, unit_price, pnl, fee, subscribed, redeemed },
              ) => (
                <tr key={no}>
                  <td>
                    {t("money.no", { no })}
                    <span class="sub">{formatDayTime(Date.parse(settled_at), locale, timeZone)}</span>
                  </td>
                  <td class="num" data-label={t("money.unit_price")}>{formatUnitPrice(unit_price, currency)}</td>
                  <td class={`num ${directionOf(pnl)}`} data-label={t("money.pnl")}>
                    {formatSignedMoney(pnl, currency)}
                  </td>
                  <td class="num" data-label={t("money.fee")}>{formatMoney(fee, currency)}</td>
                  <td class="num" data-label={t("money.subscribed")}>{formatMoney(subscribed, currency)}</td>
                  <td class="num" data-label={t("money.redeemed")}>{formatMoney(redeemed, currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
