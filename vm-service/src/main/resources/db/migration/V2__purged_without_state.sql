-- A create that is given up is purged before there was a directory.
alter table ownership drop constraint ownership_check1;
alter table ownership add constraint ownership_state_ref check (phase in ('CREATING', 'PURGED') or state_ref is not null);
