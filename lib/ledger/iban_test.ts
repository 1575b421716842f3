import assert from "node:assert/strict";
import { destinationText, IBAN_LENGTHS, isIban } from "./iban.ts";

Deno.test("IBANs of the registry's examples are ones, however they are written", () => {
  const fine = ["DE89 3704 0044 0532 0130 00", "no9386011117947", "MT84MALT011000012345MTLCAST001S"];
  for (const iban of [...fine, "FR14 2004 1010 0505 0001 3M02 606", "LC55HEMM000100010012001200023015"]) {
    assert.equal(isIban(iban), true, iban);
  }
});

Deno.test("a wrong country, length, digit or sign is no IBAN", () => {
  const wrong = ["", "account", "DE89370400440532013001", "DE8937040044053201300", "DE893704004405320130000"];
  for (
    const text of [...wrong, "XX89370400440532013000", "DE89-3704-0044-0532-0130-00", "DE", "ÄÖ89370400440532013000"]
  ) {
    assert.equal(isIban(text), false, text);
  }
});

Deno.test("no digit of an IBAN can be another one", () => {
  const iban = "DE89370400440532013000";
  for (let place = 2; place < iban.length; place++) {
    for (let digit = 0; digit < 10; digit++) {
      const other = iban.slice(0, place) + digit + iban.slice(place + 1);
      assert.equal(isIban(other), other === iban, other);
    }
  }
});

Deno.test("an IBAN is shown in groups of four, an address as it is", () => {
  assert.equal(destinationText("NO9386011117947", "EUR"), "NO93 8601 1117 947");
  assert.equal(
    destinationText("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "BTC"),
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
  );
  assert.equal(Object.keys(IBAN_LENGTHS).length, 89);
});
