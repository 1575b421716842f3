import type { JSX } from "preact";
import {
  type AdminPool,
  FEE_PERCENT_MAX,
  POOL_ADAPTERS,
  POOL_CYCLES,
  POOL_DESCRIPTION_LENGTH_MAX,
  POOL_NAME_LENGTH_MAX,
} from "../../lib/admin/pools.ts";
import { Choice, Field, type Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";

/** What the form of a pool's terms holds, as it was typed. */
export type PoolFields = Readonly<Record<(typeof POOL_FIELDS)[number], string>>;

/** Names of the form's fields. */
export const POOL_FIELDS = [
  "name",
  "description",
  "currency",
  "cycle",
  "minimum",
  "cap",
  "manager_fee_percent",
  "platform_share_percent",
  "equity_move_percent_max",
  "visibility",
  "manager",
  "adapter",
  "symbol",
  "url",
] as const;

/** What a new pool begins with. */
export const NEW_POOL: PoolFields = {
  name: "",
  description: "",
  currency: "EUR",
  cycle: "daily",
  minimum: "100",
  cap: "",
  manager_fee_percent: "15",
  platform_share_percent: "0",
  equity_move_percent_max: "50",
  visibility: "public",
  manager: "",
  adapter: "simulated",
  symbol: "",
  url: "",
};

/** The fields as they stand for a pool. */
export function fieldsOf(pool: AdminPool): PoolFields {
  const trading = pool.metadata.trading as { symbol?: unknown; url?: unknown } | undefined;
  const textOf = (value: unknown) => typeof value === "string" ? value : "";
  return {
    name: pool.name,
    description: pool.description,
    currency: pool.currency,
    cycle: pool.cycle,
    minimum: pool.minimum,
    cap: pool.cap ?? "",
    manager_fee_percent: pool.manager_fee_percent,
    platform_share_percent: pool.platform_share_percent,
    equity_move_percent_max: pool.equity_move_percent_max,
    visibility: pool.visibility,
    manager: pool.manager.user_id,
    adapter: pool.adapter,
    symbol: textOf(trading?.symbol),
    url: textOf(trading?.url),
  };
}

/** The page that makes a pool. */
export function NewPoolPage({ fields, newId, ...said }: Said & { fields: PoolFields; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path="/admin/pools" title={t("money.new_pool")} {...said}>
      <section class="panel settings-section">
        <AdminForm action="/admin/pools/new" step="fresh" newId={newId} className="form pool-form">
          <PoolFieldset fields={fields} isDraft />
          <label class="check">
            <input type="checkbox" name="draft" value="true" /> {t("money.as_draft")}
          </label>
          <div class="actions">
            <button type="submit" class="button primary">{t("money.create")}</button>
          </div>
        </AdminForm>
      </section>
    </AdminFrame>
  );
}

/** The terms as fields; what is fixed once a pool is open is left out then. */
export function PoolFieldset({ fields, isDraft }: { fields: PoolFields; isDraft: boolean }): JSX.Element {
  const { t } = useTexts();
  const decimal = { inputMode: "decimal", autocomplete: "off", maxLength: 34 } as const;
  return (
    <div class="field-grid">
      <Field
        label={t("money.pool_name")}
        name="name"
        value={fields.name}
        minLength={3}
        maxLength={POOL_NAME_LENGTH_MAX}
        autocomplete="off"
      />
      <Field
        label={t("money.manager")}
        name="manager"
        value={fields.manager}
        required={false}
        autocomplete="off"
        hint={t("money.manager_hint")}
      />
      <label class="field wide-field">
        <span class="field-label">{t("money.description")}</span>
        <textarea name="description" rows={3} maxLength={POOL_DESCRIPTION_LENGTH_MAX}>{fields.description}</textarea>
      </label>
      {isDraft && (
        <Field
          label={t("money.currency")}
          name="currency"
          value={fields.currency}
          maxLength={20}
          autocomplete="off"
          hint={t("money.currency_hint")}
        />
      )}
      <Choice
        label={t("money.cycle")}
        name="cycle"
        value={fields.cycle}
        options={POOL_CYCLES.map((each) => [each, t(`money.cycle_${each}`)])}
      />
      <Choice
        label={t("money.visibility")}
        name="visibility"
        value={fields.visibility}
        options={[["public", t("money.visibility_public")], ["private", t("money.visibility_private")]]}
      />
      <Field label={t("money.minimum")} name="minimum" value={fields.minimum} {...decimal} />
      <Field
        label={t("money.cap")}
        name="cap"
        value={fields.cap}
        required={false}
        {...decimal}
        hint={t("money.cap_hint")}
      />
      {isDraft && (
        <Field
          label={t("money.fee_percent")}
          name="manager_fee_percent"
          value={fields.manager_fee_percent}
          {...decimal}
          hint={t("money.fee_hint", { max: FEE_PERCENT_MAX })}
        />
      )}
      <Field
        label={t("money.share_percent")}
        name="platform_share_percent"
        value={fields.platform_share_percent}
        {...decimal}
      />
      <Field
        label={t("money.move_max")}
        name="equity_move_percent_max"
        value={fields.equity_move_percent_max}
        {...decimal}
        hint={t("money.move_max_hint")}
      />
      <Choice
        label={t("money.adapter")}
        name="adapter"
        value={fields.adapter}
        options={POOL_ADAPTERS.map((each) => [each, t(`money.adapter_${each}`)])}
      />
      <Field
        label={t("money.adapter_symbol")}
        name="symbol"
        value={fields.symbol}
        required={false}
        maxLength={40}
        autocomplete="off"
        hint={t("money.adapter_symbol_hint")}
      />
      <Field
        label={t("money.adapter_url")}
        name="url"
        value={fields.url}
        required={false}
        maxLength={500}
        autocomplete="off"
        hint={t("money.adapter_url_hint")}
      />
    </div>
  );
}
