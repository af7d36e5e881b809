-- Why a node is given up, and on whose word it is certain that nothing of it runs; null while it is UP.
alter table node
    add column fence_reason text,
    add column fence_time   timestamptz,
    -- JSON.
    add column evidence     text,
    add column confirm_time timestamptz,
    add check ((state = 'UP') = (fence_reason is null)),
    add check ((state = 'FENCED') = (evidence is not null));
