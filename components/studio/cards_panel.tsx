import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { studioPath } from "./room_text.ts";

/** A pool a card can be about. */
export interface OfferedPool {
  id: string;
  name: string;
}

/** Posts what a pool is worth, as the platform knows it. */
export function CardsPanel(
  { stream, pools, clientId }: { stream: StreamObject; pools: readonly OfferedPool[]; clientId: string },
): JSX.Element {
  const { t } = useTexts();
  const id = useId();
  return (
    <>
      <p class="quiet">{t("studio.cards_lead")}</p>
      {pools.length === 0
        ? <p class="empty">{t("studio.no_pools")}</p>
        : (
          <form action={`${studioPath(stream)}/cards`} method="post" class="person-form">
            <Hidden values={{ client_id: clientId }} />
            <div class="field">
              <label class="field-label" for={id}>{t("studio.card_pool")}</label>
              <select id={id} name="pool_id">
                {pools.map((pool) => <option key={pool.id} value={pool.id}>{pool.name}</option>)}
              </select>
            </div>
            <button type="submit" class="button primary">{t("studio.card_post")}</button>
          </form>
        )}
    </>
  );
}
