import assert from "node:assert/strict";
import { createRow, renderPart } from "../testing.ts";
import { ChatLine } from "./chat_line.tsx";
import { LivePage } from "./live_page.tsx";
import { RoomPage } from "./room_page.tsx";
import { CARD, createMessage, createRoom, createStream, roomPages } from "./testing.tsx";

/** What the browser would build of a page, without the data for the islands. */
function markupOf(html: string): string {
  return html.replace(/<script type="application\/json">[^]*?<\/script>/g, "");
}

function textOf(html: string): string {
  return markupOf(html).replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test("a room can be read and talked in without a script", () => {
  const html = renderPart(<RoomPage state={createRoom()} />);
  const text = textOf(html);
  assert.match(text, /X mara 12,906 followers LIVE 03:41:20 1,284 watching/);
  assert.match(text, /nina 14:32 m1/);
  assert.match(text, /Most tipped JO jonas €25\.00/);
  for (const form of ["messages", "tips", "follow"]) {
    assert.match(
      html,
      new RegExp(`<form[^>]*action="/live/01a1f8c1-fd9a-734b-9e3b-c075cbb3b928/${form}" method="post"`),
    );
  }
  assert.doesNotMatch(markupOf(html), / style=|NaN|undefined/);
});

Deno.test("a stranger reads everything and is asked to sign in for the rest", () => {
  const html = renderPart(<RoomPage state={createRoom({ reader: null, terms: null })} />);
  assert.match(textOf(html), /Sign in to talk in this room\./);
  assert.match(html, /href="\/login\?next=%2Flive%2F01a1f8c1/);
  assert.doesNotMatch(markupOf(html), /<form/);
});

/** Texts that would run if any of a room's pages let them. */
const CORPUS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "</script><script>alert(1)</script>",
  "<svg/onload=alert(1)>",
  "javascript:alert(1)",
  "https://a.example/\"onmouseover='alert(1)'",
  "<!--<script>",
  "]]><iframe srcdoc='<script>alert(1)</script>'>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];

Deno.test("no text of a stranger's becomes markup: titles, names, messages, tips, alerts, cards and pinned ones", () => {
  for (const evil of CORPUS) {
    const said = [
      createMessage(1, { message: evil, username: evil }),
      createMessage(2, { message: evil, message_type: "TIP", data: { amount: evil, currency: evil } }),
      createMessage(3, { message: evil, message_type: "ALERT" }),
      createMessage(4, {
        message_type: "CARD",
        data: { ...CARD, name: evil, currency: evil, spark: [evil], at: evil },
      }),
      createMessage(5, { message_type: "CARD", data: { ...CARD, pool_id: evil } }),
      createMessage(7, { message_type: "CARD", data: { kind: evil } }),
    ];
    const pinned = createMessage(6, { message: evil });
    const stream = {
      title: evil,
      description: evil,
      category: evil,
      markets: [evil],
      streamer: { username: evil, followers: 1, verified: false },
      thumbnail_url: evil,
      recording_url: evil,
      settings: {
        slow_mode_s: 0,
        followers_only: false,
        pinned: "removed" in pinned ? null : pinned,
        blocked_words: null,
      },
    };
    const html = [
      renderPart(<RoomPage state={createRoom({ chat: { items: said, next_cursor: null }, typed: evil }, stream)} />),
      renderPart(<RoomPage state={createRoom({ tab: "people" }, { ...stream, status: "ENDED" })} />),
      renderPart(
        <LivePage
          live={[createStream(stream)]}
          nextCursor={null}
          scheduled={[createStream(stream)]}
          ended={[]}
          category={null}
          query={evil}
          markets={new Map([[evil, createRow()]])}
          nowMs={0}
        />,
      ),
    ].join("");
    const markup = markupOf(html);
    assert.doesNotMatch(
      markup,
      /<script(?! type="application\/json")|<iframe|<img(?! class="thumb thumb-own" src="https:)|<svg\/|<!--/i,
      evil,
    );
    assert.doesNotMatch(markup, /<[^>]*\s(?:on\w+|srcdoc)\s*=/i, evil);
    assert.doesNotMatch(markup, /(?:href|src)="(?!\/|#|\?|https?:\/\/)/i, evil);
    assert.doesNotMatch(markup, /href="\/pools\/(?![\da-f-]{36}")/, evil);
  }
});

Deno.test("links are text that leads somewhere and nothing that is fetched", () => {
  const html = renderPart(
    <ChatLine
      message={createMessage(1, { message: "see https://a.example/x" })}
      isHidden={false}
      reader={null}
      role="viewer"
    />,
  );
  assert.match(
    html,
    /<a href="https:\/\/a\.example\/x" target="_blank" rel="noopener nofollow">https:\/\/a\.example\/x<\/a>/,
  );
});

Deno.test("each gets the tools that are theirs", () => {
  const toolsOf = (role: "streamer" | "moderator" | "viewer", message: Parameters<typeof createMessage>[1]) => {
    const html = renderPart(
      <ChatLine
        message={createMessage(1, message)}
        isHidden={false}
        reader={{ userId: "me", username: "ada" }}
        role={role}
        onAct={() => {}}
      />,
    );
    return [...html.matchAll(/<button type="button" class="(\w+)"/g)].map(([, act]) => act);
  };
  assert.deepEqual(toolsOf("viewer", {}), ["reply", "report"]);
  assert.deepEqual(toolsOf("viewer", { user_id: "me" }), []);
  assert.deepEqual(toolsOf("moderator", {}), ["reply", "pin", "mute", "remove", "ban"]);
  assert.deepEqual(toolsOf("moderator", { role: "streamer" }), ["reply", "pin"]);
  assert.deepEqual(toolsOf("moderator", { role: "moderator" }), ["reply", "pin"]);
  assert.deepEqual(toolsOf("moderator", { user_id: "me", role: "moderator" }), ["pin", "remove"]);
  assert.deepEqual(toolsOf("streamer", { role: "moderator" }), ["reply", "pin", "mute", "remove", "ban"]);
});

Deno.test("what was removed is a gap that says by whom, and moderators can undo it", () => {
  const gap = { ...createMessage(1), removed: true as const, removed_by_name: "ines" };
  const render = (role: "viewer" | "moderator") =>
    renderPart(<ChatLine message={gap} isHidden reader={null} role={role} onAct={() => {}} />);
  assert.equal(textOf(render("viewer")).trim(), "Message removed by ines");
  assert.match(textOf(render("moderator")), /Undo/);
  assert.doesNotMatch(render("moderator"), /m1/);
});

Deno.test("a room that is not live says what it was or will be, and has no box", () => {
  const textIn = (name: string) => textOf(renderPart(roomPages[name] ?? <p />));
  assert.match(textIn("room that has ended"), /This stream has ended\. It ran for 3 h 41 min; at most 1,300 watched/);
  assert.match(textIn("room that has ended"), /Watch the recording .*The chat is closed\./);
  assert.match(textIn("room that is scheduled"), /This stream starts on 14 Oct 14:32\. Follow mara/);
  assert.match(textIn("room one is banned from"), /You are banned from this streamer’s rooms\./);
  assert.match(textIn("room one is muted in"), /A moderator has muted you until 14 Oct 14:32\./);
});

Deno.test("the streamer's picture is shown where pages may load it: else the market is drawn, or candles that mean nothing", () => {
  const html = renderPart(
    <LivePage
      live={[
        createStream({ thumbnail_url: "https://pictures.example/p.png" }),
        createStream({ markets: [], thumbnail_url: "https://pictures.example/p.svg" }),
      ]}
      nextCursor={null}
      scheduled={[]}
      ended={[]}
      category={null}
      query=""
      markets={new Map([["sim:BTC-USDT", createRow()]])}
      nowMs={0}
    />,
  );
  assert.deepEqual([...html.matchAll(/<img [^>]*>/g)].map(([tag]) => /src="([^"]*)"/.exec(tag)?.[1]), [
    "https://pictures.example/p.png",
  ]);
  assert.match(html, /<img [^>]*loading="lazy"[^>]*referrerpolicy="no-referrer"/);
  assert.match(html, /data-pictures="https:\/\/pictures.example"/);
  assert.match(html, /class="thumb spark up"/);
  assert.match(html, /class="thumb thumb-none"/);
});
