import assert from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { LoginPage } from "./login_page.tsx";

Deno.test("local mode offers the demo account first, and another name beside it", () => {
  const html = renderToString(<LoginPage providers={["google"]} demo next="/markets?q=a&b" error={null} />);
  assert.match(html, /<form action="\/login\/demo" method="post"[^>]*>.*Continue as demo trader/);
  assert.match(html, /name="other" value="1">Use another demo name/);
  assert.equal(html.match(/name="next" value="\/markets\?q=a&amp;b"/g)?.length, 2);
});

Deno.test("production shows the providers that are configured and no demo", () => {
  const html = renderToString(<LoginPage providers={["github"]} demo={false} next="/" error={null} />);
  assert.doesNotMatch(html, /demo|Google/);
  assert.match(html, /action="\/login\/oauth" method="post".*name="provider" value="github"/);
});

Deno.test("a server without any sign-in method says so", () => {
  assert.match(
    renderToString(<LoginPage providers={[]} demo={false} next="/" error={null} />),
    /No sign-in method is configured/,
  );
});

Deno.test("an error is announced, and a hostile one stays text", () => {
  const html = renderToString(<LoginPage providers={[]} demo next={`"><b>`} error="<b>bad</b>" />);
  assert.match(html, /role="alert".*&lt;b>bad|role="alert".*&lt;b&gt;bad/);
  assert.doesNotMatch(html, /<b>/);
});
