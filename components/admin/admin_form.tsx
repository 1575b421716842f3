import type { ComponentChildren, JSX } from "preact";
import { Hidden } from "../accounts/parts.tsx";

/** Makes an id for each form of the page: sent twice, it is done once. */
export type NewId = () => string;

/** A form that changes something, for which a second factor may have to be shown first. */
export function AdminForm({ action, step, newId, values = {}, className = "form", children }: {
  action: string;
  /** How lately a second factor must have been shown. */
  step: "admin" | "fresh";
  newId: NewId;
  values?: Readonly<Record<string, string>>;
  className?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <form action={action} method="post" class={className} data-step-up={step}>
      <Hidden values={{ client_id: newId(), ...values }} />
      {children}
    </form>
  );
}
