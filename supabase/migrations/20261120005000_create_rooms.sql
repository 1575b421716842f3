-- Rooms: a streamer shows a market live, viewers watch, talk and tip. What a streamer decides about people (moderators, bans,
-- mutes) holds in all of his rooms. Nobody but functions writes here.
create table public.streams (
  id uuid primary key default private.uuid_v7(),
  streamer_id uuid not null references auth.users (id) on delete cascade,
  title text not null check (title = btrim(title) and char_length(title) between 1 and 120),
  description text not null default '' check (char_length(description) <= 2000),
  category text not null default 'crypto' check (category ~ '^[a-z][a-z_]{0,23}$'),
  -- Markets on show, as "<exchange>:<symbol>".
  markets text[] not null default '{}' check (cardinality(markets) <= 8),
  thumbnail_url text check (char_length(thumbnail_url) <= 500),
  status text not null default 'scheduled' check (status in ('scheduled', 'live', 'ended')),
  visibility text not null default 'public' check (visibility in ('public', 'private')),
  scheduled_for timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  -- The streamer's page says that it is there; a live room without it for two minutes ends.
  streamer_seen_at timestamptz,
  -- Part of the room's topic: a ban raises it, and the old topic is refused.
  epoch integer not null default 1 check (epoch > 0),
  epoch_raised_at timestamptz,
  -- A ban that came within five seconds of the last one waits for the worker to raise it.
  epoch_due boolean not null default false,
  viewer_count integer not null default 0 check (viewer_count >= 0),
  peak_viewers integer not null default 0 check (peak_viewers >= 0),
  is_recording boolean not null default false,
  recording_url text check (char_length(recording_url) <= 500),
  -- WHIP and WHEP endpoints of any media server; the first is the streamer's alone.
  whip_url text check (char_length(whip_url) <= 500),
  whep_url text check (char_length(whep_url) <= 500),
  slow_mode_s integer not null default 0 check (slow_mode_s between 0 and 120),
  followers_only boolean not null default false,
  blocked_words text[] not null default '{}' check (cardinality(blocked_words) <= 200),
  pinned_message_id uuid,
  -- The streamer's chart, as he shows it: {exchange, symbol, timeframe, range, drawings}.
  view jsonb not null default '{}' check (jsonb_typeof(view) = 'object' and pg_column_size(view) <= 16384),
  view_seq integer not null default 0,
  view_at timestamptz,
  messages integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  check ((status = 'live') = (started_at is not null and ended_at is null)),
  check (status <> 'ended' or ended_at is not null)
);
create unique index streams_live_idx on public.streams (streamer_id) where status = 'live';
create index streams_streamer_id_idx on public.streams (streamer_id, id desc);
create index streams_status_idx on public.streams (status, id desc) where status <> 'ended';
alter table public.streams enable row level security;
revoke all on public.streams from anon, authenticated, service_role;

create table public.stream_members (
  streamer_id uuid not null references auth.users (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  moderator_since timestamptz,
  -- May see private rooms.
  invited_at timestamptz,
  muted_until timestamptz,
  banned_at timestamptz,
  -- Sees the room as ever, and is seen by nobody.
  shadow_banned_at timestamptz,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (streamer_id, user_id),
  check (user_id <> streamer_id),
  check (moderator_since is null or (banned_at is null and shadow_banned_at is null))
);
create index stream_members_user_id_idx on public.stream_members (user_id);
alter table public.stream_members enable row level security;
revoke all on public.stream_members from anon, authenticated, service_role;

create table public.stream_follows (
  streamer_id uuid not null references auth.users (id) on delete cascade,
  follower_id uuid not null references auth.users (id) on delete cascade,
  followed_at timestamptz not null default clock_timestamp(),
  primary key (streamer_id, follower_id),
  check (follower_id <> streamer_id)
);
create index stream_follows_follower_id_idx on public.stream_follows (follower_id, followed_at desc);
alter table public.stream_follows enable row level security;
revoke all on public.stream_follows from anon, authenticated, service_role;

-- One row a tab: it says every 30 s that it is there.
create table public.stream_viewers (
  stream_id uuid not null references public.streams (id) on delete cascade,
  tab_id uuid not null,
  user_id uuid references auth.users (id) on delete cascade,
  joined_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (stream_id, tab_id)
);
create index stream_viewers_expires_at_idx on public.stream_viewers (expires_at);
create index stream_viewers_user_id_idx on public.stream_viewers (user_id);
alter table public.stream_viewers enable row level security;
revoke all on public.stream_viewers from anon, authenticated, service_role;

create table public.stream_messages (
  -- Rises with time within its room.
  id uuid primary key,
  stream_id uuid not null references public.streams (id) on delete cascade,
  -- Null for what the room itself says, and for who has left.
  user_id uuid references auth.users (id) on delete set null,
  message text not null check (char_length(message) <= 500),
  message_type text not null check (message_type in ('TEXT', 'EMOJI', 'ALERT', 'TIP', 'CARD')),
  -- A tip's amount, a card's facts; money as text.
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object' and pg_column_size(data) <= 8192),
  client_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  -- Only its author sees it.
  shadowed boolean not null default false,
  removed_at timestamptz,
  removed_by uuid,
  unique (user_id, client_id)
);
create index stream_messages_stream_id_idx on public.stream_messages (stream_id, id desc);
alter table public.stream_messages enable row level security;
revoke all on public.stream_messages from anon, authenticated, service_role;

create table public.stream_tips (
  id uuid primary key default private.uuid_v7(),
  stream_id uuid not null references public.streams (id),
  -- No foreign keys to people: books outlive whom they name.
  from_user uuid not null,
  to_user uuid not null,
  amount numeric not null check (amount > 0 and amount <> 'NaN'),
  fee numeric not null check (fee >= 0 and fee <= amount),
  message_id uuid,
  transfer_id uuid not null unique references public.ledger_transfers (id),
  at timestamptz not null default clock_timestamp(),
  check (from_user <> to_user)
);
create index stream_tips_stream_id_idx on public.stream_tips (stream_id, from_user);
create index stream_tips_to_user_idx on public.stream_tips (to_user, id desc);
create index stream_tips_from_user_idx on public.stream_tips (from_user, at);
alter table public.stream_tips enable row level security;
revoke all on public.stream_tips from anon, authenticated, service_role;

create table public.stream_reports (
  id uuid primary key default private.uuid_v7(),
  stream_id uuid not null references public.streams (id) on delete cascade,
  message_id uuid not null references public.stream_messages (id) on delete cascade,
  reporter_id uuid not null references auth.users (id) on delete cascade,
  reason text not null check (char_length(reason) between 1 and 200),
  status text not null default 'open' check (status in ('open', 'kept', 'removed')),
  decided_by uuid,
  decided_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  unique (message_id, reporter_id)
);
create index stream_reports_stream_id_idx on public.stream_reports (stream_id, status, id);
create index stream_reports_reporter_id_idx on public.stream_reports (reporter_id);
alter table public.stream_reports enable row level security;
revoke all on public.stream_reports from anon, authenticated, service_role;

-- What moderators did, for them and the streamer to read; the audit log has the same.
create table public.stream_acts (
  id uuid primary key default private.uuid_v7(),
  streamer_id uuid not null references auth.users (id) on delete cascade,
  stream_id uuid references public.streams (id) on delete set null,
  actor_id uuid not null,
  act text not null check (act ~ '^[a-z_]{1,40}$'),
  subject_id uuid,
  detail jsonb not null default '{}' check (pg_column_size(detail) <= 2048),
  at timestamptz not null default clock_timestamp()
);
create index stream_acts_streamer_id_idx on public.stream_acts (streamer_id, id desc);
create index stream_acts_stream_id_idx on public.stream_acts (stream_id);
alter table public.stream_acts enable row level security;
revoke all on public.stream_acts from anon, authenticated, service_role;

-- What the platform asks of tips.
create table public.tip_rules (
  only_row boolean primary key default true check (only_row),
  fee_percent numeric not null default 5 check (fee_percent between 0 and 50 and fee_percent = round(fee_percent, 2)),
  minimum_eur numeric not null default 0.50 check (minimum_eur > 0),
  maximum_eur numeric not null default 5000 check (maximum_eur >= minimum_eur),
  updated_at timestamptz not null default clock_timestamp()
);
alter table public.tip_rules enable row level security;
revoke all on public.tip_rules from anon, authenticated, service_role;
insert into public.tip_rules default values;
