import type { JSX } from "preact";
import { formatMoney } from "../../lib/pools/format.ts";
import { isCategory } from "../../lib/rooms/categories.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { TIP_PLACES_MAX, type TipPlace } from "../../lib/rooms/tip_board.ts";
import { InfoIcon } from "../layout/icons.tsx";
import { plural } from "../layout/plural.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { MessageText } from "./chat_line.tsx";
import { Avatar } from "./person.tsx";
import { COIN, Glyph } from "./room_icons.tsx";
import { countText, instantText, streamerName } from "./room_state.ts";

/** What the stream is about, how it went so far, and who tipped. */
export function RoomAbout({ stream, board }: { stream: StreamObject; board: readonly TipPlace[] }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { category } = stream;
  return (
    <section class="panel room-about" aria-labelledby="room-about">
      <div class="panel-head">
        <h2 id="room-about">{t("room.about")}</h2>
        {isCategory(category) && <span class="panel-note">{t(`room_category.${category}`)}</span>}
      </div>
      <div class="room-about-body">
        <div>
          {stream.description !== "" && (
            <p class="room-description" dir="auto">
              <MessageText text={stream.description} />
            </p>
          )}
          <dl class="room-numbers">
            <div>
              <dt>{t("room.started")}</dt>
              <dd class="num">{stream.started_at === null ? <NoData /> : instantText(texts, stream.started_at)}</dd>
            </div>
            <div>
              <dt>{t("room.peak")}</dt>
              <dd class="num">{countText(stream.peak_viewers)}</dd>
            </div>
            <div>
              <dt>{t("room.markets")}</dt>
              <dd>
                {stream.markets.length === 0
                  ? <NoData />
                  : stream.markets.map((market) => (
                    <a key={market} href={`/markets/${market.replace(":", "/")}`}>
                      {market.split(":")[1]?.replace("-", "/")}
                    </a>
                  ))}
              </dd>
            </div>
          </dl>
        </div>
        <div class="tip-board">
          <h3>
            <Glyph d={COIN} size={14} />
            {t("room.top_tips")}
          </h3>
          {board.length === 0 ? <p class="quiet">{t("room.no_tips")}</p> : (
            <ol>
              {board.slice(0, TIP_PLACES_MAX).map(({ user_id, username, amount }) => (
                <li key={user_id}>
                  <Avatar name={username ?? t("room.somebody")} />
                  <span>{username ?? t("room.gone")}</span>
                  <strong class="num">{formatMoney(amount, "EUR")}</strong>
                </li>
              ))}
            </ol>
          )}
        </div>
      </div>
    </section>
  );
}

/** What a room is that is not live: how it was, or when it will be. */
export function RoomBanner({ stream, isBanned }: { stream: StreamObject; isBanned: boolean }): JSX.Element | null {
  const texts = useTexts();
  const { t } = texts;
  if (isBanned) return <Banner text={t("room.banned")} />;
  if (stream.status === "LIVE") return null;
  if (stream.status === "ENDED") {
    const ran = plural(texts, "room.ran", stream.peak_viewers, {
      duration: lengthText(stream.duration_seconds ?? 0),
      count: countText(stream.peak_viewers),
    });
    return <Banner text={t("room.has_ended")} more={ran} link={stream.recording_url} />;
  }
  return (
    <Banner
      text={stream.scheduled_for === null
        ? t("room.not_started")
        : t("room.starts_at", { at: instantText(texts, stream.scheduled_for) })}
      more={t("room.starts_note", { name: streamerName(texts, stream) })}
    />
  );
}

function Banner({ text, more = "", link = null }: { text: string; more?: string; link?: string | null }): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="panel room-banner" role="status">
      <InfoIcon />
      <p>
        <strong>{text}</strong> {more}
      </p>
      {link !== null && /^https?:\/\//.test(link) && (
        <a class="button secondary" href={link} target="_blank" rel="noopener nofollow">{t("room.recording")}</a>
      )}
    </div>
  );
}

/** Seconds as "3 h 41 min". */
function lengthText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
