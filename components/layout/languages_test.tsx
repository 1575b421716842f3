import assert from "node:assert/strict";
import type { VNode } from "preact";
import type { Account } from "../../lib/accounts/account.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { LOCALES, type MessageKey, messagesOf } from "../../lib/kernel/i18n.ts";
import { toProblem } from "../../lib/kernel/problem.ts";
import { DataPage } from "../accounts/data_page.tsx";
import { DevicesPage } from "../accounts/devices_page.tsx";
import { LimitsPage } from "../accounts/limits_page.tsx";
import { LoginPage } from "../accounts/login_page.tsx";
import { DeletedPage, MailLinkPage, MailSentPage, NewPasswordPage, RegisterPage } from "../accounts/mail_pages.tsx";
import { NotificationsPage } from "../accounts/notifications_page.tsx";
import { EnrolPage, RecoveryCodesPage, SecurityPage } from "../accounts/security_page.tsx";
import { PreferencesPage } from "../accounts/preferences_page.tsx";
import { SettingsPage } from "../accounts/settings_page.tsx";
import { StepUpPage } from "../accounts/step_up_page.tsx";
import { AuditPage, VerifyPage } from "../admin/audit_page.tsx";
import { LimitsPage as AdminLimitsPage } from "../admin/limits_page.tsx";
import { adminMoneyPages } from "../admin/testing.tsx";
import { UserPage } from "../admin/user_page.tsx";
import { UsersPage } from "../admin/users_page.tsx";
import { ledgerPages } from "../ledger/testing.tsx";
import { AlertsPage } from "../market/alerts_page.tsx";
import { LandingPage } from "../market/landing_page.tsx";
import { MarketPage } from "../market/market_page.tsx";
import { MarketsPage } from "../market/markets_page.tsx";
import { MonitorPage } from "../market/monitor_page.tsx";
import { MonitorView } from "../market/monitor_view.tsx";
import { QuarantinePage } from "../market/quarantine_page.tsx";
import { poolPages } from "../pools/testing.tsx";
import { roomPages } from "../rooms/testing.tsx";
import { studioPages } from "../studio/testing.tsx";
import {
  createAlert,
  createContext,
  createDepth,
  createDraft,
  createMarketPage,
  createMonitor,
  createRow,
} from "../testing.ts";
import { renderDocument } from "./document.tsx";
import { ErrorPage } from "./error_page.tsx";
import { islandMessages } from "./island_texts.ts";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";
const AT = "2026-10-14T14:32:08+00:00";

const DEVICE = {
  device_id: ID,
  name: "Firefox, Linux",
  first_seen_at: AT,
  last_seen_at: AT,
  sessions: 2,
  current: false,
  clientId: ID,
};

const ACCOUNT = {
  profile: {
    username: "ada",
    locale: "en",
    time_zone: "UTC",
    theme: "dark",
    kyc_status: "verified",
    withdrawals_frozen_until: AT,
    created_at: AT,
    updated_at: AT,
  },
  email: "ada@outcry.example",
  identities: [{ provider: "github" }],
  devices: [DEVICE],
  recovery_codes_left: 3,
  notifications: [],
  admin: true,
} as const satisfies Readonly<Record<keyof Account, unknown>>;

const LIMIT = {
  name: "order_eur_max",
  unit: "eur",
  tighter: "lower",
  value: "5000",
  default_value: "5000",
  ceiling: "100000",
  own_ceiling: true,
  pending_value: "6000.5",
  pending_at: AT,
} as const;
const CHOSEN_LIMIT = { ...LIMIT, clientId: ID, keepId: ID };

const ENTRY = {
  id: ID,
  seq: "1",
  at: AT,
  actor: ID,
  actor_name: null,
  actor_role: "authenticated",
  session_id: null,
  action: "user.kyc_changed",
  subject_type: "user",
  subject_id: ID,
  subject_name: "ada",
  detail: {},
  request_id: null,
  address: null,
  hash: null,
};
const AUDIT_PARAMS = { actor: "", action: "", subject: "", from: "2026-10-14", to: "" };
const AUDIT_STATE = {
  seq: "12",
  hash: "00",
  sealed_at: AT,
  unsealed: 0,
  checked_at: AT,
  bad_seq: null,
  reason: null,
  exported_at: AT,
  exported_seq: "11",
};
const OVERVIEW = {
  users: 1,
  users_new: 1,
  admins: 1,
  kyc_pending: 0,
  sessions: 1,
  sign_ins_failed: 0,
  rate_limited: 0,
  jobs_waiting: 0,
  jobs_failed: 1,
  audit: AUDIT_STATE,
  feeds: [{ exchange: "sim", state: "live" as const, sockets: 1, streams: 23, last_event_at: null, updated_at: AT }],
};

const NO_USER_FILTER = { query: null, kyc: null, role: null };
const USER = {
  user_id: ID,
  username: "ada",
  email: null,
  email_confirmed: true,
  locale: "en",
  time_zone: "UTC",
  kyc_status: "pending" as const,
  kyc_reason: null,
  withdrawals_frozen_until: AT,
  created_at: AT,
  last_sign_in_at: null,
  admin: false,
  admin_since: null,
  authenticators: 1,
  identities: ["github"],
  limits: [LIMIT],
  sessions: [{ session_id: ID, device: null, aal: "aal2", created_at: AT, seen_at: AT }],
  devices: [{ device_id: ID, name: "Firefox, Linux", first_seen_at: AT, last_seen_at: AT, sessions: 2 }],
};
const LISTED_USER = { ...USER, sessions: 1 };

const EURO = { asset: "EUR", scale: 2, kind: "fiat" as const };
function delistedPage() {
  const page = createMarketPage();
  return { ...page, symbol: { ...page.symbol, active: false } };
}

/** Every page, in each of its states. */
const PAGES: Readonly<Record<string, VNode>> = {
  ...poolPages,
  ...roomPages,
  ...studioPages,
  landing: <LandingPage tickers={[createRow(), createRow({ symbol: "ETH-USDT", base: "ETH", exchange: "binance" })]} />,
  "landing without markets": <LandingPage tickers={[]} />,
  markets: <MarketsPage rows={[createRow(), createRow({ active: false, symbol: "X" })]} query="" nextCursor="a:B" />,
  "markets without a match": <MarketsPage rows={[]} query="zzz" nextCursor={null} />,
  "markets without markets": <MarketsPage rows={[]} query="" nextCursor={null} />,
  market: <MarketPage page={createMarketPage()} timeframe="15m" />,
  "market without data": (
    <MarketPage page={createMarketPage({ ticker: null, feed: null, candles: [] })} timeframe="1d" />
  ),
  "market with book and alerts": (
    <MarketPage
      page={createMarketPage({ depth: createDepth() })}
      timeframe="1m"
      alerts={[
        createAlert(),
        createAlert({ id: "2", state: "paused", indicator: "rsi(14)", timeframe: "1h", condition: "below" }),
        createAlert({
          id: "3",
          state: "fired",
          fired_at: AT,
          fired_value: "98501",
          timeframe: "1m",
          condition: "above",
        }),
        createAlert({ id: "4", condition: "crosses_below" }),
      ]}
      draft={createDraft()}
      elsewhere={["sim"]}
      done={null}
    />
  ),
  "market that is delisted": <MarketPage page={delistedPage()} timeframe="1m" />,
  "alerts of a market": <AlertsPage alerts={[createAlert()]} draft={createDraft()} exchange="sim" />,
  alerts: <AlertsPage alerts={[createAlert()]} draft={null} exchange="sim" />,
  monitor: (
    <MonitorPage
      data={createMonitor()}
      filter={{ exchange: null, symbol: null, timeframe: "1m" }}
      exchanges={["sim"]}
      isAdmin
    />
  ),
  "monitor of nothing": (
    <MonitorPage
      data={createMonitor({ feeds: [], alerts: [], repairs: [], candles: [] })}
      filter={{ exchange: "sim", symbol: "X", timeframe: "1d" }}
      exchanges={[]}
      isAdmin={false}
    />
  ),
  "monitor that is old": <MonitorView data={createMonitor()} isOld />,
  quarantine: (
    <QuarantinePage
      frames={[{ id: ID, exchange: "sim", reason: "half_frame", bytes: "12", raw: "{", received_at: AT }]}
      exchange={null}
      cursor={ID}
    />
  ),
  "quarantine of nothing": <QuarantinePage frames={[]} exchange={null} cursor={null} />,
  "markets of several exchanges": (
    <MarketsPage rows={[createRow()]} query="" exchange="sim" exchanges={["kraken", "sim"]} nextCursor={null} />
  ),
  login: <LoginPage providers={["google", "github"]} demo next="/" error={null} />,
  "login without a way": <LoginPage providers={[]} demo={false} next="/" error={null} />,
  register: <RegisterPage next="/" />,
  "mailed link": <MailLinkPage kind="link" next="/" />,
  "mailed reset": <MailLinkPage kind="reset" next="/" />,
  "mail sent": <MailSentPage mailbox={null} />,
  "new password": <NewPasswordPage />,
  "account deleted": <DeletedPage />,
  settings: (
    <SettingsPage
      account={{ ...ACCOUNT, devices: [], identities: [...ACCOUNT.identities], notifications: [] }}
      timeZones={["UTC"]}
    />
  ),
  devices: <DevicesPage devices={[DEVICE, { ...DEVICE, current: true, sessions: 1 }]} />,
  "no notifications": <NotificationsPage notifications={[]} />,
  notifications: (
    <NotificationsPage
      notifications={[
        { id: ID, kind: "new_device", data: {}, created_at: AT, read_at: null },
        { id: "2", kind: "alert", data: createAlert(), created_at: AT, read_at: null },
        {
          id: "3",
          kind: "feed_alert",
          data: { exchange: "sim", kind: "symbol_silent", symbol: "BTC-USDT", symbols: 2 },
          created_at: AT,
          read_at: null,
        },
      ]}
    />
  ),
  security: <SecurityPage factors={[]} recoveryCodesLeft={0} clientId={ID} />,
  "security with a factor": (
    <SecurityPage factors={[{ id: ID, name: "X", createdAt: AT }]} recoveryCodesLeft={5} clientId={ID} />
  ),
  enrol: <EnrolPage factorId={ID} secret="ABCD" qrSvg={null} />,
  "recovery codes": <RecoveryCodesPage codes={["abcd-efgh"]} />,
  data: <DataPage username="ada" clientId={ID} />,
  preferences: <PreferencesPage next="/" timeZones={["UTC"]} />,
  "step-up": <StepUpPage next="/" ready />,
  "step-up without a factor": <StepUpPage next="/" ready={false} />,
  limits: <LimitsPage limits={[CHOSEN_LIMIT, { ...CHOSEN_LIMIT, unit: "s", tighter: "higher" }]} />,
  ...adminMoneyPages(OVERVIEW),
  audit: (
    <AuditPage
      page={{ items: [ENTRY, { ...ENTRY, actor: null, subject_id: null }], next_cursor: "1" }}
      params={AUDIT_PARAMS}
      state={AUDIT_STATE}
      isFirst={false}
    />
  ),
  "audit verified": (
    <VerifyPage
      state={{ ...AUDIT_STATE, checked_at: null, exported_seq: null }}
      verdict={{ ok: true, checked: 1, first_bad_seq: null, reason: null, next_seq: "2" }}
    />
  ),
  users: <UsersPage page={{ items: [LISTED_USER], next_cursor: "1" }} filter={NO_USER_FILTER} isFirst />,
  "no users": <UsersPage page={{ items: [], next_cursor: null }} filter={NO_USER_FILTER} isFirst />,
  user: <UserPage user={USER} assets={[EURO]} entries={[ENTRY]} newId={() => ID} />,
  "user without anything": (
    <UserPage
      user={{ ...USER, admin: true, admin_since: AT, email_confirmed: false, sessions: [], devices: [] }}
      assets={null}
      entries={[]}
      newId={() => ID}
    />
  ),
  ...ledgerPages,
  "admin limits": (
    <AdminLimitsPage
      limits={[LIMIT]}
      attempts={["password_known", "auth_factor"].map((name) => ({
        name,
        free_attempts: 5,
        first_delay_s: 1,
        delay_s_max: 900,
        forget_one_s: 900,
        description: "It says in English",
        updated_at: AT,
      }))}
      rates={[{
        name: "watch",
        capacity: "1",
        refill_per_s: "1",
        cost: "1",
        shared_factor: 1,
        shards: 1,
        description: "It says in English",
        updated_at: AT,
      }]}
      newId={() => ID}
    />
  ),
  ...Object.fromEntries(
    (Object.keys(CODES) as (keyof typeof CODES)[]).map((code) => [
      `error ${code}`,
      <ErrorPage key={code} problem={toProblem(code, "The cursor is not one of ours, it says in English")} />,
    ]),
  ),
};

/** Texts a reader of the page sees or hears: nodes, and the attributes that are spoken. */
function textsOf(html: string): string[] {
  const shown = html.replace(/<(script|style)[^]*?<\/\1>/g, "");
  const nodes = shown.split(/<[^>]+>/);
  const spoken = [...shown.matchAll(/\s(?:aria-label|placeholder|title|alt|content)="([^"]*)"/g)].map(([, text]) =>
    text
  );
  return [...nodes, ...spoken].map((text) =>
    (text ?? "").replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'").trim()
  ).filter((text) => text !== "");
}

/** English messages that are nobody else's: what is written alike in this language does not tell. */
function tellingMessages(locale: "fr" | "es"): Map<string, string> {
  const own = new Set<string>(Object.values(messagesOf(locale)));
  return new Map(
    Object.entries(messagesOf("en")).filter(([, text]) => !own.has(text)).map(([key, text]) => [text, key]),
  );
}

for (const locale of ["fr", "es"] as const) {
  Deno.test(`no page in "${locale}" shows an English message, local or not, signed in or not`, () => {
    const english = tellingMessages(locale);
    for (const [name, body] of Object.entries(PAGES)) {
      for (const localMode of [true, false]) {
        for (const user of [null, { id: "1", name: "Ada" }]) {
          const context = createContext({ locale, localMode, user, timeZone: "Europe/Madrid" });
          const html = renderDocument(context, { title: "T", description: "D", body });
          assert.match(html, new RegExp(`<html lang="${locale}" data-theme="dark">`));
          for (const text of textsOf(html)) assert.equal(english.get(text), undefined, `${name}: "${text}"`);
          assert.doesNotMatch(html, /it says in English/, name);
        }
      }
    }
  });
}

Deno.test("the test above can fail: an English page is full of English messages", () => {
  const english = tellingMessages("fr");
  for (const [name, body] of Object.entries(PAGES)) {
    const html = renderDocument(createContext(), { title: "T", description: "D", body });
    assert.ok(textsOf(html).filter((text) => english.has(text)).length >= 6, name);
  }
});

/** What is written alike in English and in another language: names, symbols, and words both have. */
const ALIKE: readonly RegExp[] = [
  /^[\p{Lu}\d\s.,:…+−%-]*$/u,
  /^\{[a-z_]+\}( \{[a-z_]+\})*$/,
  /^(Code|Mode|Instrument|Volume|Exchange|Signal 9|Notifications|E-mail|Sessions|Administration|Actions?|No|BTC, ETH-USDT…|d)$/,
  /^(Crypto|(Day|Swing) trading|Messages|Studio|Chat|Note|Mod|\{actor\}: \{act\})$/,
  /^(Pools?|Lot|Gain|Total|Cycle|Minimum|Public|Description|Destination|Net \{amount\}|\{(count|seconds)\} (min|h|s)|min)$/,
];

Deno.test("a message that reads the same in two languages is one of those known to", () => {
  const english = messagesOf("en");
  for (const locale of LOCALES.filter((each) => each !== "en")) {
    const messages = messagesOf(locale);
    for (const key of Object.keys(english) as MessageKey[]) {
      if (messages[key] !== english[key]) continue;
      assert.ok(ALIKE.some((pattern) => pattern.test(messages[key])), `${locale} ${key}: "${messages[key]}"`);
    }
  }
});

Deno.test("a page sends the messages of its own islands and no others", () => {
  const body = <MarketsPage rows={[createRow()]} query="" nextCursor={null} />;
  const html = renderDocument(createContext({ locale: "es" }), { title: "T", description: "D", body });
  const { texts } = JSON.parse(/id="page">([^<]+)</.exec(html)?.[1] ?? "");
  assert.equal(texts.locale, "es");
  assert.deepEqual(texts.messages, islandMessages("es", ["markets_table"]));
  assert.ok(Object.keys(texts.messages).every((key) => key.startsWith("live.")));
  assert.equal(texts.messages["live.no_data"], "Sin datos");
});
