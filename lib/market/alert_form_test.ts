import assert from "node:assert/strict";
import { LOCALES, messagesOf } from "../kernel/i18n.ts";
import { ALERT_SUBJECTS, alertSubject, referenceOf } from "./alert_form.ts";

Deno.test("every indicator can be asked for with its own defaults, and gives a reference for each of its values", () => {
  assert.ok(ALERT_SUBJECTS.length >= 19);
  for (const subject of ALERT_SUBJECTS) {
    const params = subject.params.map((param) => String(param.default));
    for (const output of subject.outputs) {
      const reference = referenceOf(subject, params, output);
      assert.ok(reference?.startsWith(`${subject.id}(${params.join(",")})`), `${subject.id}.${output}: ${reference}`);
    }
  }
});

Deno.test("what a form cannot mean gives no reference", () => {
  const macd = alertSubject("macd");
  assert.ok(macd);
  assert.equal(referenceOf(macd, ["12", "26", "9"], "signal"), "macd(12,26,9).signal");
  assert.equal(referenceOf(macd, ["26", "12", "9"], "signal"), null, "fast must be below slow");
  assert.equal(referenceOf(macd, ["12", "26", "9"], "wizard"), null);
  assert.equal(referenceOf(macd, ["12", "x", "9"], "line"), null);
  assert.equal(referenceOf(macd, ["1.5", "26", "9"], "line"), null);
  assert.equal(alertSubject("wizardry"), null);
  assert.equal(alertSubject(undefined), null);
});

Deno.test("what goes into a page is data alone: no code of an indicator", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(ALERT_SUBJECTS)), ALERT_SUBJECTS);
});

Deno.test("every indicator, parameter and value has a name in every language", () => {
  for (const locale of LOCALES) {
    const messages: Readonly<Record<string, string>> = messagesOf(locale);
    for (const { id, params, outputs } of ALERT_SUBJECTS) {
      assert.ok(messages[`indicator.title_${id}`], `${locale} ${id}`);
      for (const name of [...params.map((param) => param.name), ...outputs]) {
        assert.ok(messages[`indicator.part_${name}`], `${locale} ${id} ${name}`);
      }
    }
  }
});
