import type { JSX } from "preact";
import { formatCompact } from "../../lib/market/format.ts";
import { directionOf, formatMoney, formatSignedPercent, formatUnitPrice } from "../../lib/pools/format.ts";
import type { MessageObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { Sparkline } from "../market/sparkline.tsx";
import { Triangle } from "../market/price.tsx";
import { VerifiedIcon } from "../pools/icons.tsx";
import { clockText } from "./room_state.ts";

type CardMessage = Pick<MessageObject, "data" | "created_at">;

/** What a pool was worth, as the platform put it into the chat; null for a card of a kind not known here. */
export function PoolCard({ data, created_at }: CardMessage): JSX.Element | null {
  const texts = useTexts();
  const { t } = texts;
  const text = (key: string) => typeof data[key] === "string" ? data[key] : "";
  const id = text("pool_id");
  // An address is made of nothing but an id.
  if (data.kind !== "pool" || !/^[\da-f-]{36}$/.test(id)) return null;
  const change = text("change_percent");
  const direction = directionOf(change);
  const size = formatCompact(text("size"));
  const spark = Array.isArray(data.spark) ? data.spark.filter((point) => typeof point === "string") : [];
  return (
    <div class="chat-card">
      <div class="chat-card-head">
        <p>
          <strong>{text("name")}</strong> <span class="sub">{t("room.card_pool")}</span>
        </p>
        <span class="sub num">{clockText(texts, created_at)}</span>
      </div>
      <div class="chat-card-body">
        <div>
          <p class={`chat-card-change ${direction}`}>
            <Triangle direction={direction} />
            {formatSignedPercent(change) ?? t("live.no_data")}
          </p>
          <p class="sub num">
            {`${t("room.card_unit")} ${formatUnitPrice(text("unit_price"), text("currency")) ?? t("live.no_data")}`}
            {size !== null && ` · ${text("currency") === "EUR" ? `€${size}` : `${size} ${text("currency")}`}`}
          </p>
        </div>
        <Sparkline points={[...spark, text("unit_price")]} direction={direction} width={96} height={36} />
      </div>
      <p class="chat-card-foot">
        <VerifiedIcon label={t("room.verified")} />
        <span>{t("room.card_checked", { at: clockText(texts, text("at") || created_at) })}</span>
        <a href={`/pools/${id}`}>{t("room.card_open")}</a>
      </p>
    </div>
  );
}

/** The amount of a tip: "€25.00". */
export function tipAmount({ amount, currency }: MessageObject["data"]): string {
  return formatMoney(typeof amount === "string" ? amount : null, typeof currency === "string" ? currency : "EUR") ?? "";
}
