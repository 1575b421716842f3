import type { JSX } from "preact";
import { formatDate } from "../../lib/kernel/dates.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { VerifiedIcon } from "./icons.tsx";
import { ModeChip } from "./mode_chip.tsx";
import { closedBecause } from "./pool_state.ts";
import { PoolTags, StatusTag } from "./pool_tags.tsx";

/** A pool's name, who runs it, and what one may do. */
export function PoolHead({ detail, isPaper }: { detail: PoolDetail; isPaper: boolean }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { pool, mine } = detail;
  const path = `/pools/${pool.id}`;
  const hasLots = mine !== null && mine.lots.some(({ status }) => status === "active");
  return (
    <header class="panel pool-head" data-part="head">
      <div class="pool-title">
        <h1>
          {pool.name}
          {pool.verified && <VerifiedIcon label={t("pool.verified")} />}
        </h1>
        <p class="pool-about">
          <span>
            {pool.since === null
              ? t("pool.run_by", { name: pool.manager.username ?? t("pool.unnamed") })
              : t("pool.run_by_since", {
                name: pool.manager.username ?? t("pool.unnamed"),
                date: formatDate(Date.parse(pool.since), locale, timeZone),
              })}
          </span>
          <PoolTags pool={pool} />
          <StatusTag pool={pool} />
          <ModeChip isPaper={isPaper} />
        </p>
      </div>
      <div class="pool-acts">
        {hasLots && (
          <a class="button outline large" href={`${path}/redeem`} data-dialog="redeem-dialog">{t("pool.redeem")}</a>
        )}
        {closedBecause(pool) === null
          ? (
            <a class="button primary large" href={`${path}/subscribe`} data-dialog="subscribe-dialog">
              {t("pool.subscribe")}
            </a>
          )
          : <span class="button large off">{t(`pool.closed_${closedBecause(pool) ?? "full"}`)}</span>}
      </div>
    </header>
  );
}
