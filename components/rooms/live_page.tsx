import type { JSX } from "preact";
import { changeBetween } from "../../lib/market/format.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import { CATEGORIES, isCategory } from "../../lib/rooms/categories.ts";
import type { StreamObject, StreamScope } from "../../lib/rooms/shapes.ts";
import { thumbnailOf } from "../../lib/rooms/thumbnail.ts";
import { InfoIcon, SearchIcon } from "../layout/icons.tsx";
import { Island } from "../layout/island.tsx";
import { plural } from "../layout/plural.ts";
import { useTexts } from "../layout/texts.ts";
import { ChangeText } from "../market/price.tsx";
import { sparkPath } from "../market/sparkline.tsx";
import { VerifiedIcon } from "../pools/icons.tsx";
import { Avatar } from "./person.tsx";
import { EYE, Glyph, PLAY } from "./room_icons.tsx";
import { countText, durationText, instantText, roomPath, streamerName } from "./room_state.ts";

/** Characters a search of rooms may have. */
export const ROOM_SEARCH_LENGTH_MAX = 100;

export interface LivePageProps {
  live: readonly StreamObject[];
  /** Where more live ones begin; null when these are all. */
  nextCursor: string | null;
  scheduled: readonly StreamObject[];
  ended: readonly StreamObject[];
  category: string | null;
  query: string;
  /** Markets by "<exchange>:<symbol>", for pictures of what is shown. */
  markets: ReadonlyMap<string, MarketRow>;
  nowMs: number;
}

/** Who is live, who will be, and who was. */
export function LivePage(props: LivePageProps): JSX.Element {
  const { category, query } = props;
  const { t } = useTexts();
  return (
    <div class="live-page">
      <div class="live-top">
        <h1>{query === "" ? t("rooms.title") : t("rooms.matching", { query })}</h1>
        <form class="search live-search" action="/live" method="get" role="search" id="search">
          <SearchIcon />
          {category !== null && <input type="hidden" name="category" value={category} />}
          <input
            type="search"
            name="q"
            value={query}
            maxLength={ROOM_SEARCH_LENGTH_MAX}
            placeholder={t("rooms.search")}
            aria-label={t("rooms.search")}
            autocomplete="off"
          />
        </form>
        <a class="button primary" href="/live/studio">{t("rooms.go_live")}</a>
      </div>
      <Categories category={category} query={query} />
      <LiveLists {...props} />
    </div>
  );
}

/** The lists: the first of it as the server rendered it, then read anew by its island. */
function LiveLists(props: LivePageProps): JSX.Element {
  const { live, nextCursor, scheduled, ended, category, query, markets, nowMs } = props;
  const { t } = useTexts();
  const isFiltered = category !== null || query !== "";
  const pictures = new Set(live.flatMap(({ thumbnail_url }) => thumbnailOf(thumbnail_url)?.origin ?? []));
  return (
    <Island name="live_list" props={{}} data={{ pictures: [...pictures].join(" ") }}>
      <section aria-labelledby="live-now">
        <h2 id="live-now">{t("rooms.live_now")}</h2>
        {live.length === 0
          ? <None text={t(isFiltered ? "rooms.none_live_matching" : "rooms.none_live")} />
          : (
            <ul class="room-cards" data-list>
              {live.map((stream) => (
                <RoomCard
                  key={stream.stream_id}
                  stream={stream}
                  markets={markets}
                  nowMs={nowMs}
                />
              ))}
            </ul>
          )}
        {nextCursor !== null && (
          <p class="live-more">
            <a class="button secondary" rel="next" href={listPath({ category, query, cursor: nextCursor })}>
              {t("rooms.more")}
            </a>
          </p>
        )}
      </section>
      <div class="live-lists">
        <StreamList scope="scheduled" streams={scheduled} />
        <StreamList scope="ended" streams={ended} />
      </div>
    </Island>
  );
}

function Categories({ category, query }: { category: string | null; query: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <nav class="live-categories" aria-label={t("rooms.categories")}>
      <a href={listPath({ category: null, query })} aria-current={category === null ? "true" : undefined}>
        {t("rooms.all_categories")}
      </a>
      {CATEGORIES.map((each) => (
        <a
          key={each}
          href={listPath({ category: each, query })}
          aria-current={category === each ? "true" : undefined}
        >
          {t(`room_category.${each}`)}
        </a>
      ))}
    </nav>
  );
}

function RoomCard(
  { stream, markets, nowMs }: { stream: StreamObject; markets: ReadonlyMap<string, MarketRow>; nowMs: number },
): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const name = streamerName(texts, stream);
  const { category } = stream;
  const started = Date.parse(stream.started_at ?? "");
  return (
    <li class="panel room-card" data-key={stream.stream_id}>
      <div class="room-thumb">
        <Picture row={markets.get(stream.markets[0] ?? "")} seed={stream.stream_id} />
        <OwnPicture stream={stream} />
        <span class="live-tag">{t("room.live")}</span>
        {started > 0 && (
          <span class="thumb-note num" data-seconds={Math.floor((nowMs - started) / 1_000)}>
            {durationText((nowMs - started) / 1_000)}
          </span>
        )}
      </div>
      <div class="room-card-text">
        <Avatar name={name} />
        <div>
          <h3 dir="auto">
            <a class="row-link" href={roomPath(stream.stream_id)}>{stream.title}</a>
          </h3>
          <p class="room-card-who">
            <span>{name}</span>
            {stream.streamer.verified && <VerifiedIcon label={t("room.verified")} />}
            <span class="room-watching num">
              <Glyph d={EYE} size={14} />
              {plural(texts, "rooms.watching_count", stream.viewer_count, { count: countText(stream.viewer_count) })}
            </span>
          </p>
          <p class="room-card-tags">
            {isCategory(category) && <span class="room-tag">{t(`room_category.${category}`)}</span>}
            {stream.visibility === "private" && <span class="room-tag">{t("rooms.private")}</span>}
          </p>
        </div>
      </div>
    </li>
  );
}

/**
 * The picture the streamer gave, over the drawn one, which stays where it cannot be had. It lies on somebody else's server,
 * which learns the address of who looks, and neither the page nor who that is.
 */
function OwnPicture({ stream }: { stream: StreamObject }): JSX.Element | null {
  const picture = thumbnailOf(stream.thumbnail_url);
  return picture && (
    <img
      class="thumb thumb-own"
      src={picture.url}
      alt=""
      width={320}
      height={180}
      loading="lazy"
      decoding="async"
      referrerpolicy="no-referrer"
      fetchpriority="low"
    />
  );
}

/** The market on show over its last day, drawn. */
function Picture({ row, seed }: { row: MarketRow | undefined; seed: string }): JSX.Element {
  const path = sparkPath(row?.spark ?? [], 320, 120);
  if (!row || path === null) return <PlaceholderPicture seed={seed} />;
  const change = changeBetween(row.ticker?.open_24h, row.ticker?.last, row.tick_size);
  const direction = change?.direction ?? "flat";
  return (
    <>
      <svg class={`thumb spark ${direction}`} viewBox="0 0 320 180" preserveAspectRatio="none" aria-hidden="true">
        <g transform="translate(0 48)">
          <path class="spark-area" d={`${path.line}V132H0Z`} />
          <path class="spark-line" d={path.line} vector-effect="non-scaling-stroke" />
        </g>
      </svg>
      <p class="thumb-market">
        <strong>{`${row.base}/${row.quote}`}</strong>
        <ChangeText change={change} />
      </p>
    </>
  );
}

/** Candles that mean nothing, the same for a room each time. */
function PlaceholderPicture({ seed }: { seed: string }): JSX.Element {
  const digits = [...seed.replace(/[^\da-f]/g, "").slice(-24)].map((digit) => Number.parseInt(digit, 16));
  const d = digits.map((digit, i) => `M${14 + i * 12.6} ${60 + digit * 4}v${12 + (digit * 7) % 40}`).join("");
  return (
    <svg class="thumb thumb-none" viewBox="0 0 320 180" preserveAspectRatio="none" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

function StreamList({ scope, streams }: { scope: Exclude<StreamScope, "live">; streams: readonly StreamObject[] }) {
  const { t } = useTexts();
  return (
    <section class="panel stream-list" aria-labelledby={`live-${scope}`}>
      <div class="panel-head">
        <h2 id={`live-${scope}`}>{t(`rooms.${scope}`)}</h2>
      </div>
      {streams.length === 0 ? <None text={t(`rooms.none_${scope}`)} /> : (
        <ul data-list>
          {streams.map((stream) => <StreamItem key={stream.stream_id} stream={stream} />)}
        </ul>
      )}
    </section>
  );
}

function StreamItem({ stream }: { stream: StreamObject }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const name = streamerName(texts, stream);
  const isEnded = stream.status === "ENDED";
  return (
    <li class="stream-item" data-key={stream.stream_id}>
      <Avatar name={name} />
      <div>
        <h3 dir="auto">
          <a class="row-link" href={roomPath(stream.stream_id)}>{stream.title}</a>
        </h3>
        <p class="sub">{name}</p>
      </div>
      <p class="stream-when num">
        {isEnded
          ? t("rooms.ended_at", { at: instantText(texts, stream.ended_at) })
          : t("rooms.starts", { at: instantText(texts, stream.scheduled_for) })}
        {isEnded && (
          <span class="sub">
            {stream.is_recording && <Glyph d={PLAY} size={12} />}
            {plural(texts, "rooms.watched_count", stream.peak_viewers, { count: countText(stream.peak_viewers) })}
          </span>
        )}
      </p>
    </li>
  );
}

function None({ text }: { text: string }): JSX.Element {
  return (
    <p class="empty">
      <InfoIcon />
      <span>{text}</span>
    </p>
  );
}

function listPath({ category, query, cursor }: { category: string | null; query: string; cursor?: string }): string {
  const search = new URLSearchParams({
    ...category === null ? {} : { category },
    ...query === "" ? {} : { q: query },
    ...cursor === undefined ? {} : { cursor },
  });
  return search.size === 0 ? "/live" : `/live?${search}`;
}
