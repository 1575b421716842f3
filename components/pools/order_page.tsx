import type { ComponentChildren, JSX } from "preact";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { BackIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { NoLots, type OrderHelp, OrderHelpLine } from "./order_help.tsx";
import { type OrderFormProps, RedeemForm, SubscribeForm } from "./order_forms.tsx";
import { activeLots } from "./pool_state.ts";

/** The form that puts money in, on a page of its own: without a script, and where an order was refused. */
export function SubscribePage(
  { help, ...props }: Said & OrderFormProps & { available: string | null; amount?: string; help: OrderHelp | null },
): JSX.Element {
  const { t } = useTexts();
  const { error, done, ...form } = props;
  return (
    <OrderFrame title={t("pools.subscribe_to", { name: props.detail.pool.name })} poolId={props.detail.pool.id}>
      <Notices error={error} done={done} />
      {help !== null && <OrderHelpLine help={help} />}
      <SubscribeForm {...form} />
    </OrderFrame>
  );
}

/** The form that takes money out, on a page of its own. */
export function RedeemPage(
  { help, ...props }: Said & OrderFormProps & { chosen?: string | null; units?: string; help: OrderHelp | null },
): JSX.Element {
  const { t } = useTexts();
  const { error, done, ...form } = props;
  return (
    <OrderFrame title={t("pools.redeem_from", { name: props.detail.pool.name })} poolId={props.detail.pool.id}>
      <Notices error={error} done={done} />
      {help !== null && <OrderHelpLine help={help} />}
      {activeLots(props.detail).length === 0 ? <NoLots /> : <RedeemForm {...form} />}
    </OrderFrame>
  );
}

function OrderFrame(
  { title, poolId, children }: { title: string; poolId: string; children: ComponentChildren },
): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="center-page order-page">
      <SessionGuard />
      <section class="panel" aria-labelledby="order-title">
        <a class="order-back" href={`/pools/${poolId}`}>
          <BackIcon /> {t("pools.back")}
        </a>
        <h1 id="order-title">{title}</h1>
        {children}
      </section>
    </div>
  );
}
