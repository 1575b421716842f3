import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { LOCALES, t } from "../../lib/kernel/i18n.ts";
import { renderPart } from "../testing.ts";
import { NotificationsPage } from "./notifications_page.tsx";

const MIGRATIONS = fileURLToPath(new URL("../../supabase/migrations/", import.meta.url));

/** Kinds that the database writes by other words than a literal right behind notify_user(s). */
const COMPUTED = [
  ...["pool_paused", "pool_resumed", "pool_closed", "admin_removed", "factor_added", "factor_removed"],
  ...["password_changed", "email_changed", "identity_linked", "identity_unlinked", "fee_announced"],
  ...["withdrawal_requested", "withdrawal_unlocked", "withdrawal_changed", "withdrawal_approved", "withdrawal_paid"],
  ...["withdrawal_rejected", "withdrawal_cancelled", "tip_received"],
];

/** What any kind may want to say. */
const DATA = {
  ...{
    pool_name: "Calm",
    amount: "10",
    asset: "EUR",
    currency: "EUR",
    units: "1",
    cycle_no: 2,
    from: "10",
    to: "15",
    net: "9.5",
  },
  ...{ name: "order_eur_max", status: "verified", provider: "github", username: "ada", title: "Morning", value: "1" },
  ...{ exchange: "sim", symbol: "BTC-USDT", symbols: 1, kind: "clock_skew", condition: "below", subject: null },
};

async function kindsWritten(): Promise<string[]> {
  const kinds = new Set(COMPUTED);
  for await (const { name } of Deno.readDir(MIGRATIONS)) {
    if (!name.endsWith(".sql")) continue;
    const sql = await Deno.readTextFile(MIGRATIONS + name);
    for (const [, kind = ""] of sql.matchAll(/\bnotify_users?\([\w.[\]]+,\s*'([a-z_]+[a-z])'/g)) kinds.add(kind);
  }
  return [...kinds].toSorted();
}

Deno.test("all news that the database writes has words of its own, in every language", async () => {
  const kinds = await kindsWritten();
  assert.ok(kinds.includes("investment_queued") && kinds.includes("live_now"), kinds.join());
  for (const locale of LOCALES) {
    const other = t(locale, "accounts.notice_other");
    for (const kind of kinds) {
      const notice = { id: "1", kind, data: DATA, read_at: "2026-01-01T00:00:00Z", created_at: "2026-01-01T00:00:00Z" };
      const html = renderPart(<NotificationsPage notifications={[notice]} />, { locale });
      assert.ok(!html.includes(other), `${locale} ${kind}`);
      assert.doesNotMatch(html, /\{\w+\}|undefined|pool_notice\.|accounts\.notice/, `${locale} ${kind}`);
    }
  }
});
