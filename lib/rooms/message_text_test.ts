import assert from "node:assert/strict";
import { mentions, messageParts } from "./message_text.ts";

/** A message with its links in square brackets and its mentions in round ones. */
function marked(message: string): string {
  return messageParts(message).map((part) =>
    part.kind === "link" ? `[${part.text}]` : part.kind === "mention" ? `(${part.text})` : part.text
  ).join("");
}

Deno.test("addresses become links without the sentence's own signs, and names mentions", () => {
  assert.equal(marked("see https://a.example/x?y=1, ok"), "see [https://a.example/x?y=1], ok");
  assert.equal(marked("(http://a.example)."), "([http://a.example]).");
  assert.equal(marked("@mara_l would you? cc @jonas"), "(@mara_l) would you? cc (@jonas)");
  assert.equal(marked("mail me@home.example, @ab, @@mara"), "mail me@home.example, @ab, @@mara");
  assert.equal(marked(""), "");
});

Deno.test("nothing but plain http and https becomes a link", () => {
  const hostile = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "https://",
    "https://user:pass@a.example/",
    "https://bank.example@evil.example/",
    "//evil.example",
    "http://[",
  ];
  for (const message of hostile) {
    assert.deepEqual(messageParts(message).filter(({ kind }) => kind === "link"), [], message);
  }
  for (const part of messageParts('https://a.example/"onmouseover=alert(1) https://a.example/<img src=x>')) {
    if (part.kind === "link") assert.equal(part.href, "https://a.example/");
  }
});

Deno.test("a host in letters that look like others' is shown as it is asked for", () => {
  assert.equal(marked("https://аpple.example/"), "[https://xn--pple-43d.example/]");
});

Deno.test("the parts of a message are the whole message, and its links have a limit", () => {
  const message = Array.from({ length: 30 }, (_, i) => `https://a.example/${i} @name_${i}`).join(" ");
  const parts = messageParts(message);
  assert.equal(parts.map(({ text }) => text).join(""), message);
  assert.equal(parts.filter(({ kind }) => kind === "link").length, 10);
});

Deno.test("a mention is of the whole name", () => {
  assert.equal(mentions("hey @Mara!", "mara"), true);
  assert.equal(mentions("hey @mara_l", "mara"), false);
  assert.equal(mentions("hey mara", "mara"), false);
  assert.equal(mentions("@mara", null), false);
});
