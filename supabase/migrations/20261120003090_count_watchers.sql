-- How many look at each topic: a broadcast costs one message for each of them.
create or replace function public.active_watches(p_exchange text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  delete from public.watches where (holder, topic) in (
    select holder, topic from public.watches where expires_at <= now() limit 1000 for update skip locked);
  return (
    select coalesce(jsonb_agg(jsonb_build_object('topic', w.topic, 'watchers', w.watchers) order by w.topic), '[]')
    from (
      select x.topic, count(*)::integer as watchers from public.watches x
      where x.expires_at > now() and split_part(x.topic, ':', 2) = p_exchange group by x.topic) as w);
end
$$;
comment on function public.active_watches(text) is
  'Topics of one exchange that somebody looks at, and how many do: [{topic, watchers}]; clears expired rows.';
