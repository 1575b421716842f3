import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { Authenticator } from "../../routes/accounts/testing.ts";
import type { KeptMail } from "../../supabase/embedded/mail_sink.ts";
import { type DevStack, getJson } from "../dev_stack.ts";
import { until } from "../until.ts";

/** Nobody else's, and long enough. */
export const PASSWORD = "seven wet lanterns";

/** An address nobody has used on any stack. */
export function newAddress(name: string): string {
  return `${name}.${crypto.randomUUID().slice(0, 8)}@example.com`;
}

/** The control a label names. */
function field(page: Page, label: string) {
  return page.getByLabel(label, { exact: true });
}

/** Makes an account by the form and the link in its mail, in a page that speaks English. */
export async function register(page: Page, webUrl: string, email: string): Promise<void> {
  await page.goto(`${webUrl}/register?next=%2Fsettings`);
  await field(page, "E-mail address").fill(email);
  await field(page, "New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByRole("link", { name: "Open the local mailbox" }).click();
  await page.locator("article", { hasText: email }).first().getByRole("link").click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL("**/settings");
}

/** Signs in with a password; lands on the settings. */
export async function signIn(page: Page, webUrl: string, email: string, password = PASSWORD): Promise<void> {
  await page.goto(`${webUrl}/login?next=%2Fsettings`);
  await field(page, "E-mail address").fill(email);
  await field(page, "Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/settings");
}

/** Signs out by the header's menu. */
export async function signOut(page: Page): Promise<void> {
  await page.locator("details.menu", { hasText: "Signed in as" }).locator("summary").click();
  await page.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await page.waitForURL((url) => url.pathname === "/");
}

/** The link in the latest mail to an address, as its reader would click it; `type` is what the link is for. */
export async function mailedLink(stack: DevStack, to: string, type = ""): Promise<string> {
  let link: string | undefined;
  await until(async () => {
    const mails = await getJson<KeptMail[]>(stack.mailUrl);
    const links = mails.filter((each) => each.to === to).map(({ text }) =>
      /https?:\/\/[^\s"<>]*\/auth\/confirm[^\s"<>]*/.exec(text)?.[0]
    );
    link = links.find((each) => each?.includes(`type=${type}`));
    return link !== undefined;
  }, `a mail to ${to} has come`);
  assert.ok(link);
  return link;
}

/** Sets an authenticator up by the security page, typing the key into an app of ours. */
export async function enrol(page: Page, webUrl: string): Promise<Authenticator> {
  await page.goto(`${webUrl}/settings/security`);
  await page.getByRole("button", { name: "Set up an authenticator" }).click();
  const secret = await page.locator("code.secret").innerText();
  const phone = new Authenticator(secret);
  await field(page, "Six-digit code").first().fill(await phone.next());
  await page.getByRole("button", { name: "Confirm" }).first().click();
  await page.getByRole("status").waitFor();
  return phone;
}

/** Makes somebody an administrator, as `deno task admin grant` does. */
export async function grantAdmin({ supabaseUrl, secretKey }: DevStack, email: string): Promise<void> {
  const response = await fetch(`${supabaseUrl}/rest/v1/rpc/grant_admin`, {
    method: "POST",
    headers: { apikey: secretKey, authorization: `Bearer ${secretKey}`, "content-type": "application/json" },
    body: JSON.stringify({ p_email: email }),
  });
  const answer = await response.text();
  assert.ok(response.ok, answer);
}

/** A page of a context of its own: another browser, as far as sites can tell. */
export async function newPage(
  contexts: { newContext(options?: object): Promise<BrowserContext> },
  options: object = {},
): Promise<Page> {
  const context = await contexts.newContext({ locale: "en-GB", ...options });
  context.setDefaultTimeout(15_000);
  return await context.newPage();
}

/** Whether the next token of somebody will say that they are an administrator. */
export async function hasRole({ supabaseUrl, secretKey }: DevStack, email: string): Promise<boolean> {
  const response = await fetch(`${supabaseUrl}/auth/v1/admin/users?per_page=1000`, {
    headers: { apikey: secretKey, authorization: `Bearer ${secretKey}` },
  });
  const { users } = await response.json() as { users: { email: string; app_metadata: { role?: string } }[] };
  return users.some((user) => user.email === email && user.app_metadata.role === "admin");
}
