import assert from "node:assert/strict";
import { thumbnailOf } from "./thumbnail.ts";

Deno.test("a picture over HTTPS from a public name is shown, and its origin is known", () => {
  assert.deepEqual(thumbnailOf("https://Pictures.example/a/1.png?w=320"), {
    url: "https://pictures.example/a/1.png?w=320",
    origin: "https://pictures.example",
  });
});

Deno.test("no picture is loaded that is a document, is told in the clear, or lies beside the reader", () => {
  const addresses = [
    null,
    "",
    "p.png",
    "http://pictures.example/1.png",
    "javascript:alert(1)",
    "data:image/png;base64,AAAA",
    "https://user:secret@pictures.example/1.png",
    "https://pictures.example:8443/1.png",
    "https://pictures.example/1.svg",
    "https://pictures.example/1.SVGZ?x=.png",
    "https://127.0.0.1/1.png",
    "https://2130706433/1.png",
    "https://0x7f.1/1.png",
    "https://[::1]/1.png",
    "https://localhost/1.png",
    "https://router/1.png",
    "https://router.local/1.png",
    "https://db.internal/1.png",
    "https://pictures.example./1.png",
    `https://${"a".repeat(60)}.${"b".repeat(60)}.example/1.png`,
  ];
  for (const address of addresses) assert.equal(thumbnailOf(address), null, String(address));
});
