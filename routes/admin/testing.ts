import type { TestSupabase } from "../../supabase/embedded/testing.ts";
import { TestBrowser, type TestWeb } from "../../tests/web.ts";
import { Authenticator } from "../accounts/testing.ts";

const PASSWORD = "correct horse battery";

/** Somebody with a browser. */
export class Person {
  readonly browser: TestBrowser;
  readonly email: string;
  id = "";

  constructor(web: TestWeb, name: string) {
    this.browser = new TestBrowser(web);
    this.email = `${name}@example.com`;
  }

  async register({ sql }: TestSupabase): Promise<this> {
    await this.page(this.browser.post("/register", { email: this.email, password: PASSWORD, next: "/settings" }));
    this.id = (await sql`select id from auth.users where email = ${this.email}`)[0]?.id;
    return this;
  }

  async signIn(): Promise<this> {
    await this.page(this.browser.post("/login/password", { email: this.email, password: PASSWORD, next: "/settings" }));
    return this;
  }

  /** Where an answer leads in the end, as text. */
  async page(answer: Promise<Response>): Promise<string> {
    return await (await this.browser.follow(await answer)).text();
  }

  get(path: string): Promise<string> {
    return this.page(this.browser.request(path));
  }

  /** Posts a form of the pages, with an id of its own. */
  async post(path: string, fields: Record<string, string> = {}): Promise<Response> {
    return await this.browser.post(path, { client_id: crypto.randomUUID(), ...fields });
  }

  /** Posts, and answers where that leads. */
  async sent(path: string, fields: Record<string, string> = {}): Promise<string> {
    const response = await this.post(path, fields);
    await response.body?.cancel();
    return response.headers.get("location") ?? String(response.status);
  }
}

/** Makes an administrator whose session has shown its second factor. */
export async function makeAdmin(stack: TestSupabase, person: Person): Promise<void> {
  await stack.sql`insert into public.admins (user_id) values (${person.id})`;
  await stack.sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role":"admin"}'
    where id = ${person.id}`;
  await addAuthenticator(person);
}

/** Gives somebody an authenticator, whose code their session has shown a moment ago. */
export async function addAuthenticator(person: Person): Promise<void> {
  const page = await person.page(person.browser.post("/settings/security/enrol", {}));
  const fieldIn = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? "";
  const secret = fieldIn("secret");
  const code = await new Authenticator(secret).next();
  await person.page(
    person.browser.post("/settings/security/verify", { factor_id: fieldIn("factor_id"), secret, code }),
  );
}
