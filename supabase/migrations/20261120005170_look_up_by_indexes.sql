-- What is done often finds its rows by an index, however many others there are.

-- Auth's own index of addresses leaves out whoever comes by single sign-on, who has no password and gets no such mail.
create or replace function public.begin_sign_in(p_kind text, p_email text, p_device text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_email text := lower(btrim(p_email));
begin
  perform private.require_rate('sign_in');
  if p_kind is null or p_kind not in ('password', 'mail', 'register')
    or p_email is null or char_length(p_email) not between 3 and 320 then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = 'The kind is password, mail or register, and the address has 3 to 320 characters';
  end if;
  -- The same is done whether or not there is such an account.
  perform private.begin_attempt(p_kind, (select u.id from auth.users u where u.email = v_email and not u.is_sso_user),
    private.account_key(v_email), p_device);
end
$$;

-- Those whom a room does not show, which of its many members are few.
create index stream_members_hidden_idx on public.stream_members (streamer_id, user_id)
  where banned_at is not null or shadow_banned_at is not null;

-- The audit log names its subjects as text.
create index profiles_id_text_idx on public.profiles ((id::text));
