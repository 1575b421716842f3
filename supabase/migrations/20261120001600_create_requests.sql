-- What a client asked once, by its own id: a repeated request gets the first answer.
create table public.requests (
  actor uuid not null,
  operation text not null check (char_length(operation) between 1 and 60),
  client_id uuid not null,
  content_hash bytea not null,
  answer jsonb not null,
  created_at timestamptz not null default now(),
  primary key (actor, operation, client_id)
);
create index requests_created_at_idx on public.requests (created_at);
alter table public.requests enable row level security;
revoke all on public.requests from anon, authenticated, service_role;

create function private.answered(p_operation text, p_client_id uuid, p_content jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_request public.requests;
begin
  if p_client_id is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A client_id is needed';
  end if;
  -- Twins that arrive together wait here for each other.
  perform pg_advisory_xact_lock(hashtextextended(auth.uid()::text || p_operation || p_client_id::text, 0));
  select * into v_request from public.requests r
  where r.actor = auth.uid() and r.operation = p_operation and r.client_id = p_client_id;
  if not found then
    return null;
  elsif v_request.content_hash <> sha256(convert_to(p_content::text, 'UTF8')) then
    raise sqlstate 'PT409' using message = 'conflict', detail = 'That client_id was used with other content';
  end if;
  return v_request.answer;
end
$$;
comment on function private.answered(text, uuid, jsonb) is
  'The answer this request got before, or null; raises conflict when the id came with other content.';

create function private.remember(p_operation text, p_client_id uuid, p_content jsonb, p_answer jsonb) returns jsonb
language sql volatile security definer set search_path = ''
as $$
  insert into public.requests (actor, operation, client_id, content_hash, answer)
  values (auth.uid(), p_operation, p_client_id, sha256(convert_to(p_content::text, 'UTF8')), p_answer)
  returning answer
$$;
comment on function private.remember(text, uuid, jsonb, jsonb) is 'Keeps and returns the answer of a request.';

create function public.forget_requests(p_limit integer default 1000) returns integer
language sql volatile security definer set search_path = ''
as $$
  with old as (
    delete from public.requests where (actor, operation, client_id) in (
      select actor, operation, client_id from public.requests
      where created_at < now() - interval '7 days' order by created_at limit least(p_limit, 10000))
    returning 1)
  select count(*)::integer from old
$$;
comment on function public.forget_requests(integer) is 'Drops answers older than seven days; returns how many.';
grant execute on function public.forget_requests(integer) to service_role;
