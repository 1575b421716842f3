import assert from "node:assert/strict";
import { renderPart } from "../testing.ts";
import { LoginPage } from "./login_page.tsx";

Deno.test("local mode offers the demo account first, and another name beside it", () => {
  const html = renderPart(<LoginPage providers={["google"]} demo next="/markets?q=a&b" error={null} />);
  assert.match(html, /<form action="\/login\/demo" method="post"[^>]*>.*Continue as demo trader/);
  assert.match(html, /name="other" value="1">Use another demo name/);
  assert.equal(html.match(/name="next" value="\/markets\?q=a&amp;b"/g)?.length, 3);
});

Deno.test("production shows the providers that are configured and no demo", () => {
  const html = renderPart(<LoginPage providers={["github"]} demo={false} next="/" error={null} />);
  assert.doesNotMatch(html, /demo|Google/);
  assert.match(html, /action="\/login\/oauth" method="post".*name="provider" value="github"/);
});

Deno.test("a password signs in without any script, and password managers know the fields", () => {
  const html = renderPart(<LoginPage providers={[]} demo={false} next="/" error={null} />);
  assert.match(html, /<form action="\/login\/password" method="post"/);
  assert.match(html, /<input (?=[^>]*type="email")(?=[^>]*autocomplete="username")[^>]*>/);
  assert.match(html, /<input (?=[^>]*type="password")(?=[^>]*autocomplete="current-password")[^>]*>/);
});

Deno.test("an error is announced, and a hostile one stays text", () => {
  const html = renderPart(<LoginPage providers={[]} demo next={`"><b>`} error="<b>bad</b>" />);
  assert.match(html, /role="alert".*&lt;b>bad|role="alert".*&lt;b&gt;bad/);
  assert.doesNotMatch(html, /<b>/);
});
