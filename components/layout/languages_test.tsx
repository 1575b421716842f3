import assert from "node:assert/strict";
import type { VNode } from "preact";
import type { Account } from "../../lib/accounts/account.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { LOCALES, type MessageKey, messagesOf } from "../../lib/kernel/i18n.ts";
import { toProblem } from "../../lib/kernel/problem.ts";
import { DataPage } from "../accounts/data_page.tsx";
import { DevicesPage } from "../accounts/devices_page.tsx";
import { LoginPage } from "../accounts/login_page.tsx";
import { DeletedPage, MailLinkPage, MailSentPage, NewPasswordPage, RegisterPage } from "../accounts/mail_pages.tsx";
import { NotificationsPage } from "../accounts/notifications_page.tsx";
import { EnrolPage, RecoveryCodesPage, SecurityPage } from "../accounts/security_page.tsx";
import { SettingsPage } from "../accounts/settings_page.tsx";
import { StepUpPage } from "../accounts/step_up_page.tsx";
import { AuditPage } from "../admin/audit_page.tsx";
import { UsersPage } from "../admin/users_page.tsx";
import { LandingPage } from "../market/landing_page.tsx";
import { MarketPage } from "../market/market_page.tsx";
import { MarketsPage } from "../market/markets_page.tsx";
import { createContext, createMarketPage, createRow } from "../testing.ts";
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

/** Every page, in each of its states. */
const PAGES: Readonly<Record<string, VNode>> = {
  landing: <LandingPage tickers={[createRow(), createRow({ symbol: "ETH-USDT", base: "ETH", exchange: "binance" })]} />,
  "landing without markets": <LandingPage tickers={[]} />,
  markets: <MarketsPage rows={[createRow(), createRow({ active: false, symbol: "X" })]} query="" nextCursor="a:B" />,
  "markets without a match": <MarketsPage rows={[]} query="zzz" nextCursor={null} />,
  "markets without markets": <MarketsPage rows={[]} query="" nextCursor={null} />,
  market: <MarketPage page={createMarketPage()} timeframe="15m" />,
  "market without data": (
    <MarketPage page={createMarketPage({ ticker: null, feed: null, candles: [] })} timeframe="1d" />
  ),
  login: <LoginPage providers={["google", "github"]} demo next="/" error={null} />,
  "login without a way": <LoginPage providers={[]} demo={false} next="/" error={null} />,
  register: <RegisterPage next="/" />,
  "mailed link": <MailLinkPage kind="link" next="/" />,
  "mailed reset": <MailLinkPage kind="reset" next="/" />,
  "mail sent": <MailSentPage />,
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
    <NotificationsPage notifications={[{ id: ID, kind: "new_device", data: {}, created_at: AT, read_at: null }]} />
  ),
  security: <SecurityPage factors={[]} recoveryCodesLeft={0} clientId={ID} />,
  "security with a factor": (
    <SecurityPage factors={[{ id: ID, name: "X", createdAt: AT }]} recoveryCodesLeft={5} clientId={ID} />
  ),
  enrol: <EnrolPage factorId={ID} secret="ABCD" qrSvg={null} />,
  "recovery codes": <RecoveryCodesPage codes={["abcd-efgh"]} />,
  data: <DataPage username="ada" clientId={ID} />,
  "step-up": <StepUpPage next="/" ready />,
  "step-up without a factor": <StepUpPage next="/" ready={false} />,
  audit: (
    <AuditPage
      entries={[{
        id: ID,
        seq: "1",
        at: AT,
        actor: ID,
        action: "sign_in",
        subject_type: null,
        subject_id: null,
        detail: {},
      }]}
      query=""
      cursor="1"
    />
  ),
  users: (
    <UsersPage
      users={[{
        user_id: ID,
        username: "ada",
        email: null,
        kyc_status: "pending",
        admin: false,
        sessions: 1,
        created_at: AT,
        last_sign_in_at: null,
        clientId: ID,
      }]}
      query=""
      cursor={null}
    />
  ),
  "no users": <UsersPage users={[]} query="zzz" cursor={null} />,
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
  /^[\p{Lu}\d\s.,:…+-]*$/u,
  /^\{[a-z_]+\}( \{[a-z_]+\})*$/,
  /^(Code|Mode|Instrument|Volume|Exchange|Signal 9|Notifications|E-mail|Sessions|Administration|Actions?|BTC, ETH-USDT…|d)$/,
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
