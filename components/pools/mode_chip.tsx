import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { PaperIcon, RealIcon } from "./icons.tsx";

/** Whether the money is money. */
export function ModeChip({ isPaper }: { isPaper: boolean }): JSX.Element {
  const { t } = useTexts();
  return isPaper
    ? (
      <span class="mode-chip">
        <PaperIcon />
        {t("pool.paper")}
      </span>
    )
    : (
      <span class="mode-chip real">
        <RealIcon />
        {t("pool.real")}
      </span>
    );
}
