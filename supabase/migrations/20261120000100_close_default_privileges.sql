-- Nothing is reachable through the API until a migration grants it by name.
alter default privileges for role postgres in schema public revoke all on tables from anon, authenticated;
alter default privileges for role postgres in schema public revoke all on sequences from anon, authenticated;
alter default privileges for role postgres in schema public revoke execute on functions from anon, authenticated, service_role;
alter default privileges for role postgres revoke execute on functions from public;

-- Helpers that policies and functions call, never exposed through the API.
create schema private;
revoke all on schema private from public;
grant usage on schema private to anon, authenticated, service_role;
