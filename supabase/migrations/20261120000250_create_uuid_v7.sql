-- PostgreSQL 18 has uuidv7(), older ones do not: RFC 9562's layout by hand serves all. A random UUID gets the
-- milliseconds in its first 48 bits, and its version's bits turned from 0100 into 0111.
create function private.uuid_v7() returns uuid
language sql volatile set search_path = ''
as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
comment on function private.uuid_v7() is 'A UUIDv7 of this instant.';
