import assert from "node:assert/strict";
import { clientAddress, networkOf, parseTrustedProxies, type TrustedProxies } from "./client_address.ts";

function clientOf(proxies: TrustedProxies, peer: string | null, headers: Record<string, string> = {}) {
  return clientAddress(proxies, peer, (name) => headers[name]);
}

const forged = { "x-forwarded-for": "198.51.100.1", "x-real-ip": "198.51.100.1" };

Deno.test("clientAddress() believes no header unless told to", () => {
  assert.equal(clientOf({ kind: "none" }, "203.0.113.9", forged), "203.0.113.9");
  assert.equal(clientOf({ kind: "none" }, "::ffff:203.0.113.9", forged), "203.0.113.9");
  assert.equal(clientOf({ kind: "none" }, null, forged), null);
});

Deno.test("clientAddress() counts hops from the right, so that what a client wrote itself is passed over", () => {
  const headers = { "x-forwarded-for": "1.1.1.1, 198.51.100.1,203.0.113.9" };
  assert.equal(clientOf({ kind: "hops", hops: 1 }, "10.0.0.1", headers), "203.0.113.9");
  assert.equal(clientOf({ kind: "hops", hops: 2 }, "10.0.0.1", headers), "198.51.100.1");
  assert.equal(clientOf({ kind: "hops", hops: 4 }, "10.0.0.1", headers), "10.0.0.1", "fewer proxies than configured");
  assert.equal(clientOf({ kind: "hops", hops: 1 }, "10.0.0.1"), "10.0.0.1");
  assert.equal(clientOf({ kind: "hops", hops: 1 }, "10.0.0.1", { "x-forwarded-for": "1.1.1.1, nonsense" }), "10.0.0.1");
});

Deno.test("clientAddress() reads the one header that the proxy in front overwrites", () => {
  const headers = { ...forged, "cf-connecting-ip": " 2001:db8::7 " };
  assert.equal(clientOf({ kind: "header", name: "cf-connecting-ip" }, "10.0.0.1", headers), "2001:db8:0:0::/64");
  assert.equal(clientOf({ kind: "header", name: "fly-client-ip" }, "10.0.0.1", headers), "10.0.0.1");
});

Deno.test("networkOf() takes an IPv6 network for one address, however it is written, and nothing else", () => {
  const network = "2001:db8:1:2::/64";
  for (
    const text of ["2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", "2001:0db8:0001:0002::", "[2001:db8:1:2::1]:443"]
  ) {
    assert.equal(networkOf(text), network, text);
  }
  assert.notEqual(networkOf("2001:db8:1:3::9"), network);
  assert.equal(networkOf("fe80::1%eth0"), "fe80:0:0:0::/64");
  assert.equal(networkOf("::1"), "0:0:0:0::/64");
  for (
    const text of [
      "",
      "unknown",
      "1.2.3",
      "1.2.3.4.5",
      "::1::",
      "a.example",
      "999.1.1.1",
      "1.2.3.4.",
      "::1]/x",
      "1.2.3.4:5",
    ]
  ) {
    assert.equal(networkOf(text), null, text);
  }
});

Deno.test("parseTrustedProxies() reads a number of hops or a header's name", () => {
  assert.deepEqual(parseTrustedProxies("0"), { kind: "none" });
  assert.deepEqual(parseTrustedProxies("2"), { kind: "hops", hops: 2 });
  assert.deepEqual(parseTrustedProxies("CF-Connecting-IP"), { kind: "header", name: "cf-connecting-ip" });
  for (const text of ["11", "-1", "1.5", "x-forwarded-for, x", "10.0.0.0/8", "a b"]) {
    assert.equal(parseTrustedProxies(text), null, text);
  }
});
