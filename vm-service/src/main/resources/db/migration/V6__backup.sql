-- The last backup that was made of the VM's guest state, JSON; null when there was none.
alter table machine add column backup text;
