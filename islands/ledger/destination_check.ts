import { isIban } from "../../lib/ledger/iban.ts";

/** Tells a destination that is no IBAN before the form is sent, where the form's asset is paid to one. */
export function destination_check(
  element: HTMLElement,
  { asset, wrong }: { asset: string | null; wrong: string },
): void {
  const field = element.querySelector<HTMLInputElement>("input[name=destination]");
  const choice = field?.form?.querySelector<HTMLSelectElement>("select[name=asset]") ?? null;
  if (!field) return;
  const check = () => {
    const needsIban = (choice?.value ?? asset) === "EUR" && field.value.trim() !== "";
    field.setCustomValidity(needsIban && !isIban(field.value) ? wrong : "");
  };
  field.addEventListener("input", check);
  choice?.addEventListener("change", check);
  check();
}
