import assert from "node:assert/strict";
import { renderPart } from "../testing.ts";
import { durationText, marketText } from "./room_text.ts";
import { createStream, DESK_CONTENTS, deskPage, studioPages } from "./testing.tsx";

Deno.test("the studio's pages hold no inline style or script, and nothing unfilled", () => {
  for (const [name, page] of Object.entries(studioPages)) {
    const html = renderPart(page);
    assert.doesNotMatch(html, / style="|<style| on[a-z]+="|<script>/, name);
    const shown = html.replace(/<script[^]*?<\/script>/g, "");
    assert.doesNotMatch(shown, /undefined|NaN|\[object|\{[a-z]+\}|>studio\.|Invalid Date/, name);
  }
});

Deno.test("what people wrote stays text in the desk, and in what its script starts from", () => {
  const title = `</script><img src=x onerror="alert(1)">`;
  for (const content of Object.values(DESK_CONTENTS)) {
    const html = renderPart(deskPage(createStream({ title }), content));
    assert.doesNotMatch(html, /<img src=x|<b>held/);
    assert.equal(html.split("<script").length, html.split("</script>").length);
  }
});

Deno.test("a moderator's desk has no chart to share, no end, and no address the video is sent to", () => {
  const own = renderPart(deskPage(createStream(), DESK_CONTENTS.people));
  assert.match(own, /name="market"/);
  assert.match(own, /\/end"/);
  const html = renderPart(deskPage(createStream({ whip_url: null }), DESK_CONTENTS.people, false));
  assert.doesNotMatch(html, /name="market"|\/end"|media\.example|value="moderator"|value="invite"/);
  assert.match(html, /value="mute_600"/);
});

Deno.test("every change of a stream is a plain form: it works without a script", () => {
  const html = Object.values(DESK_CONTENTS).map((content) => renderPart(deskPage(createStream(), content))).join("");
  for (const path of ["end", "view", "people", "settings", "settings/pin", "cards", "reports/[0-9a-f-]+"]) {
    assert.match(html, new RegExp(`<form action="/live/studio/[0-9a-f-]{36}/${path}" method="post"`), path);
  }
});

Deno.test("durations and markets read as people write them", () => {
  assert.deepEqual([durationText(13_280), durationText(59), durationText(3_600), durationText(null)], [
    "3:41:20",
    "00:59",
    "1:00:00",
    null,
  ]);
  assert.deepEqual([marketText("sim:BTC-USDT"), marketText("kraken:ABC")], ["BTC/USDT", "ABC"]);
});
