-- What chat needs beside its tables.
alter table public.streams
  -- The blocked words as private.fold_words() writes them.
  add column blocked_folded text[] not null default '{}';
-- What somebody said last in a room decides about slow mode and duplicates.
create index stream_messages_author_idx on public.stream_messages (stream_id, user_id, id desc)
  where message_type in ('TEXT', 'EMOJI', 'ALERT');
create index stream_members_moderators_idx on public.stream_members (streamer_id, moderator_since) where moderator_since is not null;

insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('chat_send', 10, 1, 1, 1, 1, 'Messages in rooms'),
  ('room_moderate', 60, 2, 1, 1, 1, 'What moderators do and look at'),
  ('room_report', 20, 0.05, 1, 1, 1, 'Messages reported to moderators'),
  ('room_card', 10, 0.2, 1, 1, 1, 'Cards posted in rooms'),
  ('room_view', 4, 2, 1, 1, 1, 'Changes of the chart a streamer shares'),
  ('tip', 30, 0.5, 1, 1, 1, 'Tips');
