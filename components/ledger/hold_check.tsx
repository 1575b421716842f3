import type { JSX } from "preact";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";

/** What a form carries that moves real money: a red frame, and with a script a button that is held. */
export function holdOf(isPaper: boolean): { "data-hold"?: "" } {
  return isPaper ? {} : { "data-hold": "" };
}

/** Real money is not moved by one careless click: with a script the button is held, without one a box is ticked. */
export function HoldCheck(): JSX.Element {
  const { t } = useTexts();
  return (
    <Island name="hold_confirm" props={{}}>
      <label class="check real-check">
        <input type="checkbox" required />
        <span>{t("pools.real_check")}</span>
      </label>
      <p class="hold-note">{t("pools.hold_note")}</p>
    </Island>
  );
}
