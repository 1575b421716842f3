import type { JSX } from "preact";
import type { Profile } from "../../lib/rooms/answers.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { Hidden, Notices, type Said } from "../accounts/parts.tsx";
import { ArrowIcon } from "../layout/icons.tsx";
import { plural } from "../layout/plural.ts";
import { useTexts } from "../layout/texts.ts";
import { VerifiedIcon } from "../pools/icons.tsx";
import { Pager } from "./home_page.tsx";
import { roomPath } from "./room_text.ts";
import { bySchedule, LiveTag, PastList, ScheduledList, StreamFacts } from "./stream_lists.tsx";

export interface ProfilePageProps extends Said {
  profile: Profile;
  streams: readonly StreamObject[];
  nextCursor: string | null;
  isFirst: boolean;
}

/** Who somebody is in rooms: followers, what is live, what will be and what was. */
export function ProfilePage({ profile, streams, nextCursor, isFirst, ...said }: ProfilePageProps): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { user } = profile;
  const live = streams.find(({ status }) => status === "LIVE");
  const scheduled = streams.filter(({ status }) => status === "SCHEDULED").toSorted(bySchedule);
  const path = `/u/${encodeURIComponent(user.username)}`;
  return (
    <div class="studio-home profile-page">
      <header class="panel profile-head">
        <span class="avatar profile-avatar" aria-hidden="true">
          {[...user.username].slice(0, 2).join("").toUpperCase()}
        </span>
        <div class="profile-name">
          <h1>
            {user.username}
            {user.verified && <VerifiedIcon label={t("profile.verified")} />}
          </h1>
          <dl class="profile-counts">
            <Count name={plural(texts, "profile.followers", user.followers)} value={user.followers} />
            <Count name={t("profile.following")} value={user.following} />
            <Count name={plural(texts, "profile.streams", user.streams)} value={user.streams} />
          </dl>
        </div>
        {profile.me.self
          ? <a class="button secondary" href="/live/studio">{t("profile.to_studio")}</a>
          : <FollowButton path={path} isFollowing={profile.me.following} />}
      </header>
      <Notices {...said} />
      {live && <LiveNow stream={live} />}
      {scheduled.length > 0 && (
        <section class="panel" aria-labelledby="scheduled">
          <div class="panel-head">
            <h2 id="scheduled">{t("profile.scheduled")}</h2>
          </div>
          <ScheduledList streams={scheduled} isOwn={false} />
        </section>
      )}
      <section class="panel" aria-labelledby="past">
        <div class="panel-head">
          <h2 id="past">{t("profile.past")}</h2>
        </div>
        <PastList
          streams={streams.filter(({ status }) => status === "ENDED")}
          isOwn={false}
          empty={t("profile.none_past")}
        />
        <Pager path={path} nextCursor={nextCursor} isFirst={isFirst} />
      </section>
    </div>
  );
}

function Count({ name, value }: { name: string; value: number }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="figure">{value.toLocaleString("en")}</dd>
    </div>
  );
}

function FollowButton({ path, isFollowing }: { path: string; isFollowing: boolean }): JSX.Element {
  const { t } = useTexts();
  return (
    <form action={`${path}/follow`} method="post">
      <Hidden values={{ follow: isFollowing ? "no" : "yes" }} />
      <button type="submit" class={isFollowing ? "button secondary" : "button primary"}>
        {t(isFollowing ? "profile.unfollow" : "profile.follow")}
      </button>
    </form>
  );
}

function LiveNow({ stream }: { stream: StreamObject }): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel live-now" aria-labelledby="live-now">
      <div class="stream-name">
        <h2 id="live-now">{t("profile.live_now")}</h2>
        <a href={roomPath(stream)}>{stream.title}</a>
        <StreamFacts stream={stream} />
      </div>
      <span class="live-facts">
        <LiveTag />
        <span>
          {stream.viewer_count} {t("studio.watching")}
        </span>
      </span>
      <a class="button primary" href={roomPath(stream)}>
        {t("profile.watch")}
        <ArrowIcon />
      </a>
    </section>
  );
}
