import type { JSX } from "preact";
import type { LimitUnit } from "../../lib/accounts/limits.ts";

/** Where a limit's value is typed; its label is heard, not seen. */
export function LimitInput({ name, unit, value, label }: {
  name: string;
  unit: LimitUnit;
  value: string;
  label: string;
}): JSX.Element {
  const isMoney = unit === "eur";
  return (
    <input
      type="text"
      name={name}
      value={value}
      inputMode={isMoney ? "decimal" : "numeric"}
      pattern={isMoney ? "[0-9]{1,10}([.,][0-9]{1,2})?" : "[0-9]{1,10}"}
      maxLength={13}
      required
      autocomplete="off"
      aria-label={label}
    />
  );
}
