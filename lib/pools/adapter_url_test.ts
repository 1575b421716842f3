import assert from "node:assert/strict";
import { isPrivateHost, moduleUrl } from "./adapter_url.ts";

const none = new Set<string>();

function allowed(text: string, mode: "local" | "production", secretNames: ReadonlySet<string> = none): string | null {
  return moduleUrl(text, { mode, secretNames })?.href ?? null;
}

Deno.test("in production a module is asked over https at a public address, and nowhere else", () => {
  assert.equal(allowed("https://trader.example.com", "production"), "https://trader.example.com/");
  assert.equal(allowed("https://trader.example.com:8443/a/b//", "production"), "https://trader.example.com:8443/a/b");
  const refused = [
    "http://trader.example.com",
    "http://127.0.0.1:9300",
    "https://localhost:9300",
    "https://127.0.0.1",
    "https://0x7f.1",
    "https://2130706433",
    "https://0",
    "https://10.1.2.3",
    "https://172.16.0.1",
    "https://192.168.1.1",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1",
    "https://224.0.0.1",
    "https://255.255.255.255",
    "https://[::1]",
    "https://[::]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:8.8.8.8]",
    "https://[64:ff9b::7f00:1]",
    "https://[fe80::1]",
    "https://[fd00::1]",
    "https://[2002:7f00:1::]",
    "https://[2001:db8::1]",
    "https://metadata.google.internal",
    "https://db.local.",
    "https://printer",
    "https://user:pass@trader.example.com",
    "https://trader.example.com?x=1",
    "https://trader.example.com#x",
    "ftp://trader.example.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "",
    "nonsense",
  ];
  for (const text of refused) assert.equal(allowed(text, "production"), null, text);
});

Deno.test("an operator who names a private host's secret allows it, over https", () => {
  const names = new Set(["10.0.0.5:8443"]);
  assert.equal(allowed("https://10.0.0.5:8443", "production", names), "https://10.0.0.5:8443/");
  assert.equal(allowed("https://10.0.0.5", "production", names), null);
  assert.equal(allowed("http://10.0.0.5:8443", "production", names), null);
});

Deno.test("local mode asks this machine without encryption, and others as production does", () => {
  assert.equal(allowed("http://127.0.0.1:9300/", "local"), "http://127.0.0.1:9300/");
  assert.equal(allowed("http://localhost:9300", "local"), "http://localhost:9300/");
  assert.equal(allowed("http://192.168.1.1", "local"), null);
  assert.equal(allowed("http://trader.example.com", "local"), null);
  assert.equal(allowed("ftp://127.0.0.1", "local"), null);
});

Deno.test("public addresses are not taken for private ones", () => {
  for (const host of ["8.8.8.8", "100.63.0.1", "172.32.0.1", "[2606:4700::1111]", "example.com", "local.example.com"]) {
    assert.equal(isPrivateHost(host), false, host);
  }
});
