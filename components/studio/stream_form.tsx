import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { CATEGORIES } from "../../lib/rooms/categories.ts";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { categoryText } from "./category_text.ts";
import { marketText } from "./room_text.ts";

/** Letters the database takes. */
const TITLE_LENGTH_MAX = 120;
const DESCRIPTION_LENGTH_MAX = 2000;
const URL_LENGTH_MAX = 500;

/** What a form about a stream starts with. */
export interface StreamDraft {
  title: string;
  description: string;
  category: string;
  markets: readonly string[];
  visibility: "public" | "private";
  /** As the clock on the visitor's wall shows it; empty for now. */
  scheduledFor: string;
  whipUrl: string;
  whepUrl: string;
  thumbnailUrl: string;
  recordingUrl: string;
  isRecording: boolean;
}

/** A stream nobody has said anything about. */
export const EMPTY_DRAFT: StreamDraft = {
  title: "",
  description: "",
  category: CATEGORIES[0],
  markets: [],
  visibility: "public",
  scheduledFor: "",
  whipUrl: "",
  whepUrl: "",
  thumbnailUrl: "",
  recordingUrl: "",
  isRecording: false,
};

export interface StreamFormProps {
  action: string;
  /** Makes the change once, however often the form is sent. */
  clientId: string;
  draft: StreamDraft;
  /** Markets to pick from, the most traded first: `<exchange>:<symbol>`. */
  offered: readonly string[];
  /** A new stream, one that waits, one that runs, or one that is over: of that little changes. */
  stage: "new" | "scheduled" | "live" | "ended";
}

/** What a streamer says of a stream. */
export function StreamForm({ action, clientId, draft, offered, stage }: StreamFormProps): JSX.Element {
  const { t } = useTexts();
  const isOpen = stage !== "ended";
  return (
    <form action={action} method="post" class="form stream-form">
      <Hidden values={{ client_id: clientId }} />
      <TextField name="title" label={t("studio.name")} value={draft.title} maxLength={TITLE_LENGTH_MAX} required />
      <Description value={draft.description} />
      <div class="form-row">
        {isOpen && <CategoryField value={draft.category} />}
        <VisibilityField value={draft.visibility} />
      </div>
      {isOpen && <MarketsField chosen={draft.markets} offered={offered} />}
      {(stage === "new" || stage === "scheduled") && <WhenField value={draft.scheduledFor} stage={stage} />}
      <MediaFields draft={draft} isOpen={isOpen} />
      <div class="actions">
        <button type="submit" class="button primary">{t(stage === "new" ? "studio.create" : "studio.save")}</button>
      </div>
    </form>
  );
}

function TextField({ name, label, value, hint, ...rest }: {
  name: string;
  label: string;
  value: string;
  hint?: string;
  maxLength: number;
  required?: boolean;
  type?: "text" | "url";
}): JSX.Element {
  const id = useId();
  const described = hint ? { "aria-describedby": `${id}-hint` } : {};
  const { type, ...limits } = rest;
  const input = { id, name, value, autocomplete: "off", ...limits, ...described } as const;
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      {type === "url" ? <input type="url" inputMode="url" {...input} /> : <input type="text" {...input} />}
      {hint && <span class="field-hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}

function Description({ value }: { value: string }): JSX.Element {
  const { t } = useTexts();
  const id = useId();
  return (
    <div class="field">
      <label class="field-label" for={id}>{t("studio.description")}</label>
      <textarea id={id} name="description" rows={3} maxLength={DESCRIPTION_LENGTH_MAX}>{value}</textarea>
    </div>
  );
}

function SelectField(
  { name, label, children }: { name: string; label: string; children: ComponentChildren },
): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      <select id={id} name={name}>{children}</select>
    </div>
  );
}

function CategoryField({ value }: { value: string }): JSX.Element {
  const texts = useTexts();
  const all: string[] = CATEGORIES.some((each) => each === value) ? [...CATEGORIES] : [...CATEGORIES, value];
  return (
    <SelectField name="category" label={texts.t("studio.category")}>
      {all.map((each) => <option key={each} value={each} selected={each === value}>{categoryText(texts, each)}
      </option>)}
    </SelectField>
  );
}

function VisibilityField({ value }: { value: "public" | "private" }): JSX.Element {
  const { t } = useTexts();
  return (
    <SelectField name="visibility" label={t("studio.visibility")}>
      {(["public", "private"] as const).map((each) => (
        <option key={each} value={each} selected={each === value}>{t(`studio.${each}`)}</option>
      ))}
    </SelectField>
  );
}

/** The most traded to tick, and room for any other. */
function MarketsField(
  { chosen, offered }: { chosen: readonly string[]; offered: readonly string[] },
): JSX.Element {
  const { t } = useTexts();
  const others = chosen.filter((market) => !offered.includes(market));
  return (
    <fieldset class="market-choice">
      <legend class="field-label">{t("studio.markets")}</legend>
      <div class="market-chips">
        {offered.map((market) => (
          <label key={market} class="check chip-check">
            <input type="checkbox" name="market[]" value={market} checked={chosen.includes(market)} />
            <span>{marketText(market)}</span>
          </label>
        ))}
      </div>
      <TextField
        name="markets"
        label={t("studio.markets_other")}
        hint={t("studio.markets_other_hint")}
        value={others.join(", ")}
        maxLength={600}
      />
    </fieldset>
  );
}

function WhenField({ value, stage }: { value: string; stage: "new" | "scheduled" }): JSX.Element {
  const { t, timeZone } = useTexts();
  const id = useId();
  const zone = timeZone.replaceAll("_", " ");
  return (
    <div class="field when-field">
      <label class="field-label" for={id}>{t("studio.scheduled_for")}</label>
      <input
        type="datetime-local"
        id={id}
        name="scheduled_for"
        value={value}
        required={stage === "scheduled"}
        aria-describedby={`${id}-hint`}
      />
      <span class="field-hint" id={`${id}-hint`}>
        {stage === "new" ? t("studio.scheduled_hint", { zone }) : t("studio.scheduled_zone", { zone })}
      </span>
    </div>
  );
}

function MediaFields({ draft, isOpen }: { draft: StreamDraft; isOpen: boolean }): JSX.Element {
  const { t } = useTexts();
  const url = { maxLength: URL_LENGTH_MAX, type: "url" } as const;
  const has = draft.whipUrl + draft.whepUrl + draft.recordingUrl + draft.thumbnailUrl !== "" || draft.isRecording;
  return (
    <details class="media-fields" open={has || !isOpen}>
      <summary>{t("studio.video")}</summary>
      <p class="field-hint">{t("studio.video_hint")}</p>
      {isOpen && (
        <>
          <TextField
            name="whip_url"
            label={t("studio.whip_url")}
            hint={t("studio.whip_hint")}
            value={draft.whipUrl}
            {...url}
          />
          <TextField
            name="whep_url"
            label={t("studio.whep_url")}
            hint={t("studio.whep_hint")}
            value={draft.whepUrl}
            {...url}
          />
          <label class="check">
            <input type="checkbox" name="is_recording" value="on" checked={draft.isRecording} />
            <span>{t("studio.recording")}</span>
          </label>
        </>
      )}
      <TextField name="recording_url" label={t("studio.recording_url")} value={draft.recordingUrl} {...url} />
      <TextField name="thumbnail_url" label={t("studio.thumbnail_url")} value={draft.thumbnailUrl} {...url} />
    </details>
  );
}
