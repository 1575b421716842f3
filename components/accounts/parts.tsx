import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { THEMES } from "../../lib/kernel/theme.ts";
import { InfoIcon, Logo } from "../layout/icons.tsx";
import { type Texts, useTexts } from "../layout/texts.ts";

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
  inputMode?: "numeric" | "decimal" | "text";
  minLength?: number;
  maxLength?: number;
  required?: boolean;
  autofocus?: boolean;
}

/** A labelled input; its hint is told after its name, not as part of it. */
export function Field({ label, hint, required = true, type = "text", ...rest }: FieldProps): JSX.Element {
  const id = useId();
  const described = hint ? { "aria-describedby": `${id}-hint` } : {};
  const input = { ...rest, ...described, id, required, spellcheck: false, autocapitalize: "none" } as const;
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      {type === "text"
        ? <input type="text" {...input} />
        : type === "email"
        ? <input type="email" {...input} />
        : <input type="password" {...input} />}
      {hint && <span class="field-hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}

/** A labelled choice. */
export function Choice({ label, name, value, options }: {
  label: string;
  name: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
}): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      <select name={name} id={id}>
        {options.map(([each, text]) => <option key={each} value={each} selected={each === value}>{text}</option>)}
      </select>
    </div>
  );
}

/** Names of the languages, each in itself: whoever looks for theirs may read no other. */
export const LANGUAGES = [["en", "English"], ["fr", "Français"], ["es", "Español"]] as const;

/** A choice among the time zones; an older name of one is offered beside those of today. */
export function ZoneChoice({ value, zones }: { value: string; zones: readonly string[] }): JSX.Element {
  const { t } = useTexts();
  const all = zones.includes(value) ? zones : [value, ...zones];
  const options = all.map((zone) => [zone, zone.replaceAll("_", " ")] as const);
  return <Choice label={t("accounts.time_zone")} name="time_zone" value={value} options={options} />;
}

/** The themes, by their names in the page's language. */
export function themeOptions({ t }: Texts): [value: string, text: string][] {
  return THEMES.map((theme) => [theme, t(`layout.theme_${theme}`)]);
}

/** Ways an account can be signed in to, by the names people know them by. */
export function providerNames({ t }: Texts, providers: readonly string[]): string {
  const names: Record<string, string> = { email: t("accounts.provider_email"), google: "Google", github: "GitHub" };
  return providers.map((provider) => names[provider] ?? provider).join(", ") || "–";
}

/** Values a form carries without showing them. */
export function Hidden({ values }: { values: Readonly<Record<string, string>> }): JSX.Element {
  return (
    <>
      {Object.entries(values).map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
    </>
  );
}

/** A panel, as settings are made of; one without a heading of its own goes by the page's. */
export function Section({ title, lead, children }: {
  title?: string;
  lead?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="panel settings-section">
      {title && <h2>{title}</h2>}
      {lead && <p class="quiet">{lead}</p>}
      {children}
    </section>
  );
}
