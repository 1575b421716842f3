import type { JSX } from "preact";
import type { PoolDetail, Positions } from "../../lib/pools/pool_shapes.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { BackIcon, InfoIcon } from "../layout/icons.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { RedeemForm, SubscribeForm } from "./order_forms.tsx";
import { PoolList, type PoolListProps } from "./pool_list.tsx";
import type { PoolState } from "../../lib/pools/live_pool.ts";
import { activeLots, closedBecause } from "./pool_state.ts";
import { PoolHead } from "./pool_head.tsx";
import { PoolView } from "./pool_view.tsx";
import { PositionsPanel } from "./positions_panel.tsx";
import { SettlementPanel } from "./settlement_panel.tsx";
import { SettlementsPanel } from "./settlements_panel.tsx";
import { TermsPanel } from "./terms_panel.tsx";

/** What the forms of a pool's page start with; null for who is not signed in. */
export interface OrderProps {
  available: string | null;
  subscribeId: string;
  redeemId: string;
}

export interface PoolsPageProps extends Said {
  list: PoolListProps;
  /** The pool shown; null where there is none. */
  state: PoolState | null;
  positions: Positions;
  orders: OrderProps | null;
  isPaper: boolean;
  /** A phone has room for one of both: the list, or the pool that was asked for. */
  shows: "list" | "pool";
}

/** All pools at the left, the chosen one in the middle, its terms at the right. */
export function PoolsPage(
  { list, state, positions, orders, isPaper, shows, ...said }: PoolsPageProps,
): JSX.Element {
  const { t } = useTexts();
  return (
    <div class={`pools-page shows-${shows}`}>
      {shows === "list" && <h1 class="visually-hidden">{t("pools.title")}</h1>}
      <PoolList {...list} />
      {state === null
        ? (
          <section class="panel pool-none">
            <p class="empty">
              <InfoIcon />
              <span>{t("pools.none_chosen")}</span>
            </p>
          </section>
        )
        : (
          <div class="pool-main">
            <a class="pool-back" href="/pools">
              <BackIcon /> {t("pools.title")}
            </a>
            <Notices {...said} />
            <AdapterNotice detail={state.detail} />
            <div class="pool-grid">
              <PoolHead detail={state.detail} isPaper={isPaper} />
              <Island name="pool_view" props={state}>
                <PoolView {...state} />
              </Island>
              <div class="settlement-part" data-part="settlement">
                <SettlementPanel detail={state.detail} nowMs={state.nowMs} />
              </div>
              <div class="pool-lists" data-part="lists">
                <PositionsPanel positions={positions} currency={state.detail.pool.currency} />
                <SettlementsPanel settlements={state.detail.settlements} currency={state.detail.pool.currency} />
              </div>
              <div class="terms-part" data-part="terms">
                <TermsPanel pool={state.detail.pool} cycle={state.detail.cycle} />
              </div>
            </div>
            {orders !== null && <Dialogs detail={state.detail} orders={orders} isPaper={isPaper} />}
          </div>
        )}
    </div>
  );
}

/** The figures are old because nobody tells new ones. */
function AdapterNotice({ detail: { live } }: { detail: PoolDetail }): JSX.Element | null {
  const { t } = useTexts();
  if (live.adapter_status !== "failing") return null;
  return (
    <p class="alert" role="status">
      <InfoIcon />
      <span>{t("pools.adapter_failing")}</span>
    </p>
  );
}

/** The order forms, opened by a script over the page; without one the buttons lead to pages of their own. */
function Dialogs(
  { detail, orders, isPaper }: { detail: PoolDetail; orders: OrderProps; isPaper: boolean },
): JSX.Element {
  const { t } = useTexts();
  const { name } = detail.pool;
  return (
    <>
      {closedBecause(detail.pool) === null && (
        <dialog class="dialog order-dialog" id="subscribe-dialog" aria-labelledby="subscribe-title">
          <DialogHead id="subscribe-title" title={t("pools.subscribe_to", { name })} />
          <SubscribeForm detail={detail} isPaper={isPaper} clientId={orders.subscribeId} available={orders.available} />
        </dialog>
      )}
      {activeLots(detail).length > 0 && (
        <dialog class="dialog order-dialog" id="redeem-dialog" aria-labelledby="redeem-title">
          <DialogHead id="redeem-title" title={t("pools.redeem_from", { name })} />
          <RedeemForm detail={detail} isPaper={isPaper} clientId={orders.redeemId} />
        </dialog>
      )}
    </>
  );
}

function DialogHead({ id, title }: { id: string; title: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <form method="dialog" class="dialog-top">
      <h2 id={id}>{title}</h2>
      <button type="submit" class="dialog-close" aria-label={t("pools.close")} formNoValidate>
        <span aria-hidden="true">×</span>
      </button>
    </form>
  );
}
