-- A tip is told to both: to the streamer as news, to who gave it as a receipt that is read already.
create function private.tell_of_tip() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.notify_user(new.to_user, 'tip_received', jsonb_build_object(
    'tip_id', new.id, 'stream_id', new.stream_id, 'username', private.member_name(new.from_user),
    'amount', trim_scale(new.amount)::text, 'net', trim_scale(new.amount - new.fee)::text, 'currency', 'EUR'));
  insert into public.notifications (user_id, kind, data, read_at) values (new.from_user, 'tip_sent', jsonb_build_object(
    'tip_id', new.id, 'stream_id', new.stream_id, 'username', private.member_name(new.to_user),
    'amount', trim_scale(new.amount)::text, 'currency', 'EUR'), now());
  return null;
end
$$;
create trigger tell_of_tip after insert on public.stream_tips
  for each row execute function private.tell_of_tip();
