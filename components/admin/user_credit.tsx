import type { JSX } from "preact";
import { CREDIT_REASON_LENGTH_MAX } from "../../lib/ledger/credit_shapes.ts";
import type { Asset } from "../../lib/ledger/wallet_shapes.ts";
import { Choice, Field, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";

/** Books money to a user's wallet; nobody books to their own. */
export function UserCredit({ userId, assets, newId }: {
  userId: string;
  assets: readonly Asset[] | null;
  newId: NewId;
}): JSX.Element {
  const { t } = useTexts();
  if (assets === null) return <Section title={t("wallet.title")} lead={t("credits.own")}>{null}</Section>;
  return (
    <Section title={t("wallet.title")} lead={t("credits.lead")}>
      <AdminForm action={`/admin/users/${userId}/credit`} step="fresh" newId={newId} className="credit-form">
        <Field label={t("wallet.amount")} name="amount" inputMode="decimal" maxLength={34} autocomplete="off" />
        <Choice
          label={t("wallet.asset")}
          name="asset"
          value="EUR"
          options={assets.map(({ asset }) => [asset, asset])}
        />
        <Field
          label={t("credits.reason")}
          name="reason"
          required={false}
          maxLength={CREDIT_REASON_LENGTH_MAX}
          autocomplete="off"
          hint={t("credits.reason_hint")}
        />
        <button type="submit" class="button outline">{t("credits.credit")}</button>
      </AdminForm>
    </Section>
  );
}
