import type { JSX } from "preact";
import { changeBetween, formatCompact } from "../../lib/market/format.ts";
import { formatMoney } from "../../lib/pools/format.ts";
import { formatDealingShort } from "../../lib/pools/pool_dates.ts";
import { type ListedPool, POOL_SCOPES, type PoolScope } from "../../lib/pools/pool_shapes.ts";
import { InfoIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { ChangeText, NoData } from "../market/price.tsx";
import { Sparkline } from "../market/sparkline.tsx";
import { LockIcon, VerifiedIcon } from "./icons.tsx";
import { closedBecause } from "./pool_state.ts";
import { adapterText } from "./pool_tags.tsx";

export interface PoolListProps {
  items: readonly ListedPool[];
  nextCursor: string | null;
  scope: PoolScope;
  /** The pool shown beside the list. */
  chosen: string | null;
  isSignedIn: boolean;
  nowMs: number;
}

/** The pools one may see: how each does, and what one has in it. */
export function PoolList({ items, nextCursor, scope, chosen, isSignedIn, nowMs }: PoolListProps): JSX.Element {
  const { t } = useTexts();
  const scopes = POOL_SCOPES.filter((each) => isSignedIn || each !== "mine");
  return (
    <section class="panel pool-list" aria-labelledby="pools-title">
      <div class="pool-list-head">
        <h2 id="pools-title">{t("pools.title")}</h2>
        {isSignedIn && <a class="button secondary" href="/investments">{t("pools.my_investments")}</a>}
      </div>
      <nav class="pool-scopes" aria-label={t("pools.filter")}>
        {scopes.map((each) => (
          <a
            key={each}
            href={each === "all" ? "/pools" : `/pools?scope=${each}`}
            aria-current={each === scope ? "true" : undefined}
          >
            {t(`pools.scope_${each}`)}
          </a>
        ))}
        <span class="pool-period">{t("pools.period")}</span>
      </nav>
      {items.length === 0
        ? (
          <p class="empty">
            <InfoIcon />
            <span>{t(`pools.none_${scope}`)}</span>
          </p>
        )
        : (
          <ul>
            {items.map((pool) => (
              <PoolItem key={pool.id} pool={pool} scope={scope} isChosen={pool.id === chosen} nowMs={nowMs} />
            ))}
          </ul>
        )}
      {nextCursor !== null && (
        <div class="panel-foot">
          <a class="button secondary" href={`/pools?${new URLSearchParams({ scope, cursor: nextCursor })}`} rel="next">
            {t("pools.more")}
          </a>
        </div>
      )}
    </section>
  );
}

function PoolItem(
  { pool, scope, isChosen, nowMs }: { pool: ListedPool; scope: PoolScope; isChosen: boolean; nowMs: number },
): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const change = changeBetween(pool.spark[0], pool.unit_price, "0.0001");
  const closed = closedBecause(pool);
  const query = scope === "all" ? "" : `?scope=${scope}`;
  return (
    <li class={isChosen ? "pool-item chosen" : "pool-item"}>
      <div class="pool-item-name">
        <a class="row-link" href={`/pools/${pool.id}${query}`} aria-current={isChosen ? "page" : undefined}>
          {pool.name}
        </a>
        {pool.verified && <VerifiedIcon label={t("pool.verified")} />}
        <p class="sub">
          {`${pool.symbol?.replace("-", "/") ?? adapterText(t, pool.adapter)}, ${
            pool.manager.username ?? t("pool.unnamed")
          }`}
        </p>
      </div>
      <Sparkline
        points={[...pool.spark, pool.unit_price]}
        direction={change?.direction ?? "flat"}
        width={62}
        height={30}
      />
      <div class="pool-item-figures">
        <ChangeText change={change} />
        <p class="sub">{compactMoney(pool.size, pool.currency) ?? <NoData />}</p>
      </div>
      {pool.my_value !== null && (
        <p class="pool-item-mine">
          <span class="mine-tag">{t("pools.mine")}</span>
          <span class="num">{formatMoney(pool.my_value, pool.currency)}</span>
          {pool.settles_at !== null && (
            <span class="pool-item-settles">
              {t("pools.settles", { at: formatDealingShort(Date.parse(pool.settles_at), nowMs, locale, timeZone) })}
            </span>
          )}
        </p>
      )}
      {closed !== null && (
        <p class="pool-item-closed">
          <LockIcon /> {t(`pool.closed_${closed}`)}
        </p>
      )}
    </li>
  );
}

function compactMoney(value: string | null, currency: string): string | null {
  const text = formatCompact(value);
  if (text === null) return null;
  return currency === "EUR" ? `€${text}` : `${text} ${currency}`;
}
