alter table machine
    -- The last backup that was made of the VM's guest state, JSON; null when there was none.
    add column backup      text,
    -- When the escrow made its last one, and of which directory.
    add column escrow_time timestamptz,
    add column escrow_ref  text,
    add check ((escrow_time is null) = (escrow_ref is null));
