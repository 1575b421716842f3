import type { ComponentChildren, JSX } from "preact";
import { AdminForm, type NewId } from "./admin_form.tsx";

/** What an administrator decides, and what it is told. */
interface DecisionProps {
  /** The decision in a word, on both buttons. */
  label: string;
  /** The same with what it is about, for who cannot see the row. */
  labelOf: string;
  action: string;
  newId: NewId;
  isRefusal?: boolean;
  /** The form's fields. */
  children: ComponentChildren;
}

/** A decision whose form opens where it is asked for; it takes a fresh second factor. */
export function Decision({ label, labelOf, action, newId, isRefusal = false, children }: DecisionProps): JSX.Element {
  return (
    <details class="reject">
      <summary class={isRefusal ? "button outline danger" : "button outline"} aria-label={labelOf}>{label}</summary>
      <AdminForm action={action} step="fresh" newId={newId}>
        {children}
        <button type="submit" class={isRefusal ? "button outline danger" : "button primary"}>{label}</button>
      </AdminForm>
    </details>
  );
}
