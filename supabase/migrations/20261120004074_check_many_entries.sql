-- A settlement is one transfer of a hundred thousand entries. The ledger's own triggers compare row sets that plans made for
-- two rows walk once for each row; grouped, they are read once however many there are.
create or replace function private.check_entries() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select 1 from added e join public.ledger_accounts a on a.id = e.account_id
    group by e.transfer_id, a.asset having sum(e.amount) <> 0) then
    raise exception 'A transfer''s entries do not add up to zero' using errcode = 'check_violation';
  end if;
  if exists (
    select 1 from (
      select e.account_id, max(e.seq) as seq, min(e.seq) as first, count(*) as n,
        (array_agg(e.balance_after order by e.seq desc))[1] as balance_after
      from added e group by e.account_id) as l
    join public.ledger_accounts a on a.id = l.account_id
    where a.entries <> l.seq or a.balance <> l.balance_after or l.seq - l.first + 1 <> l.n) then
    raise exception 'Entries do not fit the balance of their account' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create or replace function private.check_balances() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select 1 from (
      select x.id, max(x.entries) filter (where x.is_new) as entries, max(x.balance) filter (where x.is_new) as balance
      from (
        select c.id, c.entries, c.balance, true as is_new from changed c
        union all select b.id, b.entries, b.balance, false from before b) as x
      group by x.id having min(x.entries) <> max(x.entries) or min(x.balance) <> max(x.balance)) as n
    where not exists (
      select 1 from public.ledger_entries e
      where e.account_id = n.id and e.seq = n.entries and e.balance_after = n.balance)) then
    raise exception 'A balance changed without its entry' using errcode = 'check_violation';
  end if;
  return null;
end
$$;
