import type { JSX } from "preact";
import { IndicatorsIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";

/** One overlay that can be switched on or off. */
export interface OverlayChoice {
  id: string;
  label: string;
  isOn: boolean;
}

/** The chart's overlays: a menu of checkboxes. */
export function IndicatorMenu(
  { choices, onToggle }: { choices: readonly OverlayChoice[]; onToggle: (id: string) => void },
): JSX.Element {
  const { t } = useTexts();
  const count = choices.filter((choice) => choice.isOn).length;
  return (
    <details class="menu indicator-menu" data-menu>
      <summary aria-label={t("chart.indicators_shown", { count })}>
        <IndicatorsIcon />
        <span class="menu-name">{t("chart.indicators")}</span>
        <span class="count">{count}</span>
      </summary>
      <fieldset class="menu-panel">
        <legend class="visually-hidden">{t("chart.indicators_on")}</legend>
        {choices.map((choice) => (
          <label key={choice.id} class="menu-item check">
            <input
              type="checkbox"
              checked={choice.isOn}
              onChange={() => onToggle(choice.id)}
              data-overlay={choice.id}
            />
            <span class={`swatch ${choice.id}`} />
            {choice.label}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
