import assert from "node:assert/strict";
import { ChatSearch } from "./chat_search.ts";
import type { RoomAnswer } from "./room_api.ts";

const line = (id: string) => ({
  ...{ message_id: id, stream_id: "s", user_id: "u", username: "u", role: null, message: id, message_type: "TEXT" },
  ...{ data: {}, created_at: "2026-10-14T14:32:08+00:00" },
});

/** A search whose answers come when they are given. */
function createSearch() {
  const asked: { query: URLSearchParams; answer: (answer: RoomAnswer) => void }[] = [];
  const search = new ChatSearch(
    (_, path) =>
      new Promise((answer) => {
        asked.push({ query: new URL(path, "http://x").searchParams, answer });
      }),
    "s",
    null,
  );
  const found = (ids: string[], next_cursor: string | null = null): RoomAnswer => ({
    ok: true,
    data: { items: ids.map(line), next_cursor },
  });
  const ids = () => search.found.value?.items.map(({ message_id }) => message_id);
  return { search, asked, found, ids };
}

Deno.test("what is found stands newest first, page after page", async () => {
  const { search, asked, found, ids } = createSearch();
  const first = search.search("  gold ");
  assert.equal(search.isBusy.value, true);
  asked[0]?.answer(found(["m8", "m9"], "m8"));
  await first;
  assert.deepEqual([ids(), search.found.value?.query, search.isBusy.value], [["m9", "m8"], "gold", false]);
  const more = search.more();
  asked[1]?.answer(found(["m2", "m5"]));
  await more;
  assert.deepEqual(ids(), ["m9", "m8", "m5", "m2"]);
  assert.deepEqual([asked[1]?.query.get("q"), asked[1]?.query.get("before")], ["gold", "m8"]);
  await search.more();
  assert.equal(asked.length, 2);
});

Deno.test("the answer to an older search comes too late, and one letter is not searched for", async () => {
  const { search, asked, found, ids } = createSearch();
  const [old, young] = [search.search("gold"), search.search("silver")];
  asked[1]?.answer(found(["m1"]));
  await young;
  asked[0]?.answer(found(["m2"]));
  await old;
  assert.deepEqual([ids(), search.found.value?.query], [["m1"], "silver"]);
  await search.search(" s ");
  assert.deepEqual([asked.length, search.found.value, search.isBusy.value], [2, null, false]);
});

Deno.test("a refusal is told, and what was found before stays", async () => {
  const { search, asked, found, ids } = createSearch();
  const first = search.search("gold");
  asked[0]?.answer(found(["m1"], "m1"));
  await first;
  const more = search.more();
  asked[1]?.answer({ ok: false, code: "rate_limited", retryAfter_s: 3 });
  await more;
  assert.deepEqual([search.refusal.value?.code, ids(), search.isBusy.value], ["rate_limited", ["m1"], false]);
});
