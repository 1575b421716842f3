import type { ComponentChildren, JSX } from "preact";
import { InfoIcon, Logo } from "../layout/icons.tsx";

/** What a page has to say about the last thing done: sentences in the reader's language. */
export interface Said {
  error?: string | null;
  done?: string | null;
}

/** Characters an address may have (RFC 5321). */
export const EMAIL_LENGTH_MAX = 254;

/** The one-time code of an authenticator. */
export const CODE_PATTERN = "[0-9]{6}";

/** Says what went wrong or well; screen readers hear it. */
export function Notices({ error, done }: Said): JSX.Element | null {
  if (error) {
    return (
      <p class="alert" role="alert">
        <InfoIcon />
        <span>{error}</span>
      </p>
    );
  }
  if (!done) return null;
  return (
    <p class="alert good" role="status">
      <InfoIcon />
      <span>{done}</span>
    </p>
  );
}

/** A card in the middle of the page: one task, one form. */
export function TaskCard(
  { title, lead, children, ...said }: Said & { title: string; lead?: string; children?: ComponentChildren },
): JSX.Element {
  return (
    <div class="center-page">
      <section class="panel login" aria-labelledby="task-title">
        <Logo />
        <h1 id="task-title">{title}</h1>
        {lead && <p class="login-lead">{lead}</p>}
        <Notices {...said} />
        {children}
      </section>
    </div>
  );
}

export interface FieldProps {
  label: string;
  name: string;
  hint?: string;
  type?: "text" | "email" | "password";
  value?: string;
  autocomplete?: string;
  pattern?: string;
  inputMode?: "numeric" | "text";
  minLength?: number;
  maxLength?: number;
  required?: boolean;
  autofocus?: boolean;
  list?: string;
}

/** A labelled input. */
export function Field({ label, hint, required = true, type = "text", list, ...rest }: FieldProps): JSX.Element {
  const input = { ...rest, required, spellcheck: false, autocapitalize: "none" } as const;
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      {list !== undefined
        ? <input type="text" list={list} {...input} />
        : type === "text"
        ? <input type="text" {...input} />
        : type === "email"
        ? <input type="email" {...input} />
        : <input type="password" {...input} />}
      {hint && <span class="field-hint">{hint}</span>}
    </label>
  );
}

/** A labelled choice. */
export function Choice({ label, name, value, options }: {
  label: string;
  name: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
}): JSX.Element {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      <select name={name}>
        {options.map(([each, text]) => <option key={each} value={each} selected={each === value}>{text}</option>)}
      </select>
    </label>
  );
}

/** Values a form carries without showing them. */
export function Hidden({ values }: { values: Readonly<Record<string, string>> }): JSX.Element {
  return (
    <>
      {Object.entries(values).map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
    </>
  );
}

/** A panel with a heading, as settings are made of. */
export function Section({ title, lead, children }: {
  title: string;
  lead?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="panel settings-section">
      <h2>{title}</h2>
      {lead && <p class="quiet">{lead}</p>}
      {children}
    </section>
  );
}
