import { AsyncLocalStorage } from "node:async_hooks";
import type { EmailDriver, EmailMessage } from "@supabase/lite";
import { json } from "./gateway/answers.ts";

/** A kept mail. */
export interface KeptMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** When it was sent, RFC 3339. */
  at: string;
}

/** Mails kept; the oldest are forgotten first. */
const MAILS_MAX = 200;

/** What the page asked for, for the mail that this request sends. */
export interface MailOrder {
  /** Where the link leads in the end. */
  redirect: string | undefined;
  /** What to put before the link's token. */
  tokenPrefix: string;
}

/** The order of the request that is being answered. */
export const mailOrder = new AsyncLocalStorage<MailOrder>();

/** Keeps Auth mails in memory instead of sending them, and shows them over HTTP. */
export class MailSink implements EmailDriver {
  readonly path = "/local/mail";
  readonly #mails: KeptMail[] = [];
  readonly #siteUrl: string;
  readonly #url: string;

  /** @param siteUrl what the Auth server takes for its own address in links; `url` is the true one. */
  constructor(siteUrl: string, url: string) {
    this.#siteUrl = siteUrl.replace(/\/+$/, "");
    this.#url = url;
  }

  /** Keeps a mail. */
  send(message: EmailMessage): Promise<void> {
    this.#mails.unshift({
      id: crypto.randomUUID(),
      to: message.to,
      subject: message.subject,
      text: this.#confirmLinks(this.#correctLinks(message.text ?? "")),
      html: this.#confirmLinks(this.#correctLinks(message.html ?? "")),
      at: new Date().toISOString(),
    });
    if (this.#mails.length > MAILS_MAX) this.#mails.pop();
    return Promise.resolve();
  }

  /** `GET` lists the mails, newest first, to programs as JSON and to browsers as a page; `DELETE` forgets them. */
  handle(request: Request): Response {
    const isBrowser = request.headers.get("accept")?.includes("text/html") ?? false;
    if (request.method === "GET" && isBrowser) return mailboxPage(this.#mails);
    if (request.method === "GET") return json(200, this.#mails, { "cache-control": "no-store" });
    if (request.method !== "DELETE") return json(405, { message: "Method not allowed" }, { allow: "GET, DELETE" });
    this.#mails.length = 0;
    return new Response(null, { status: 204 });
  }

  /** The Auth server links to the site instead of itself, and forgets where to go afterwards. */
  #correctLinks(text: string): string {
    const wrong = `${this.#siteUrl}/auth/v1/verify?`;
    const { redirect, tokenPrefix } = mailOrder.getStore() ?? { redirect: undefined, tokenPrefix: "" };
    const right = `${this.#url}/auth/v1/verify?`;
    return text.replaceAll(`${wrong}token=`, `${right}token=${tokenPrefix}`).replaceAll(wrong, right).replaceAll(
      /(\/auth\/v1\/verify\?[^"\s]*?redirect_to=)[^&"\s]*/g,
      (all, before: string) => redirect === undefined ? all : `${before}${encodeURIComponent(redirect)}`,
    );
  }

  /**
   * As supabase/templates do on a hosted project: a link that ends at the site's /auth/confirm goes there at once and
   * carries its token, so that it works in any browser. Other sites never get a token.
   */
  #confirmLinks(text: string): string {
    return text.replaceAll(/https?:\/\/[^\s"<>]*\/auth\/v1\/verify\?[^\s"<>]*/g, (link) => {
      const { searchParams } = new URL(link.replaceAll("&amp;", "&"));
      const target = URL.parse(searchParams.get("redirect_to") ?? "");
      const [token, type] = [searchParams.get("token"), searchParams.get("type")];
      if (target?.origin !== new URL(this.#siteUrl).origin || target.pathname !== "/auth/confirm") return link;
      if (token === null || type === null) return link;
      target.searchParams.set("token_hash", token);
      target.searchParams.set("type", type);
      return link.includes("&amp;") ? target.href.replaceAll("&", "&amp;") : target.href;
    });
  }
}

/** The texts of the mails, with their links to press: what they say as HTML was written by nobody we know. */
function mailboxPage(mails: readonly KeptMail[]): Response {
  const articles = mails.map(({ to, subject, text, at }) =>
    `<article><h2>${escapeHtml(subject)}</h2><p>${escapeHtml(to)} · <time>${escapeHtml(at)}</time></p><p>${
      escapeHtml(text).replaceAll(/https?:\/\/[^\s<>"]+/g, (link) => `<a href="${link}">${link}</a>`).replaceAll(
        "\n",
        "<br>",
      )
    }</p></article>`
  );
  const body = articles.length === 0 ? "<p>No mail yet.</p>" : articles.join("<hr>");
  return new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>Local mailbox</title><h1>Local mailbox</h1>${body}</html>`,
    {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
      },
    },
  );
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
