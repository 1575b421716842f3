-- Where somebody has signed in before: a device by the hash of its own random mark, an address by the pseudonym that
-- the edge vouches for. What strangers try elsewhere does not slow its owner down there.
create table private.known_places (
  user_id uuid not null references auth.users (id) on delete cascade,
  place text not null check (place ~ '^(device:[0-9a-f]{64}|address:[0-9a-f]{16})$'),
  seen_at timestamptz not null default now(),
  primary key (user_id, place)
);
alter table private.known_places enable row level security;
revoke all on private.known_places from anon, authenticated, service_role;

-- Says to the hooks of Supabase Auth, which know no place: its owner is at the door.
create unlogged table private.sign_in_passes (
  user_id uuid not null,
  kind text not null check (kind in ('password', 'factor')),
  good_until timestamptz not null,
  primary key (user_id, kind)
);
alter table private.sign_in_passes enable row level security;
revoke all on private.sign_in_passes from anon, authenticated, service_role;

create function private.account_key(p_email text) returns text
language sql immutable set search_path = ''
as $$
  select encode(sha256(convert_to(lower(btrim(p_email)), 'UTF8')), 'hex')
$$;
comment on function private.account_key(text) is
  'Under what attempts for an address are counted, whether or not it has an account: a hash of its one form.';

create function private.places(p_device text) returns text[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_device !~ '^[0-9a-f]{64}$' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A device is named by 64 hex digits';
  end if;
  return array_remove(array['device:' || p_device, 'address:' || private.caller_address()], null);
end
$$;
comment on function private.places(text) is 'The places a call comes from: its device when it names one, its vouched address.';
