-- The web asks Auth for all its visitors from few addresses, and Auth counts by address: whoever posted made-up links or
-- refresh tokens used up what everybody's sign-ins and second factors need. So each visitor's own share is counted here
-- before Auth is asked.
insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('auth_link', 120, 0.5, 1, 50, 16, 'Mailed links opened, sign-ins brought back by providers, and passwords set'),
  ('auth_refresh', 240, 1, 1, 50, 16, 'Sessions renewed through the web');
