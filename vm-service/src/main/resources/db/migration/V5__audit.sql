-- The audit chain. What a transaction changed it notes in audit_pending, in the same transaction and without waiting for any
-- other; an appender moves the committed notes into audit_record, in one order, each with the hash over all before it.
-- See docs/decisions/0010-audit-chain.md.
create table audit_pending (
    -- Two changes of one row never overlap, so their notes have the order of the changes.
    id      bigint generated always as identity primary key,
    time    timestamptz not null default clock_timestamp(),
    actor   text not null,
    -- tlvm.compute.v1.AuditRecord without sequence, time, hash and actor.
    content bytea not null
);

create table audit_record (
    sequence bigint primary key check (sequence > 0),
    -- What lists look for; the record says the same.
    vm_uid   uuid,
    time     timestamptz not null,
    -- tlvm.compute.v1.AuditRecord as it is hashed.
    record   bytea not null,
    hash     bytea not null check (length(hash) = 32)
);
create index audit_record_of_vm on audit_record (vm_uid, sequence);
create index audit_record_time on audit_record (time);

-- Locked by the appender, so that two replicas write one chain.
create table audit_head (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    hash     bytea not null check (length(hash) = 32)
);
insert into audit_head (sequence, hash) values (0, decode(repeat('00', 32), 'hex'));

create table audit_checkpoint (
    sequence    bigint primary key references audit_record (sequence),
    -- tlvm.type.v1.SignedStatement over a tlvm.compute.v1.AuditCheckpoint.
    signed      bytea not null,
    create_time timestamptz not null default now()
);

-- Against mistakes: whoever may alter the table can take this away, and then it is the chain that tells.
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'table % is append-only', tg_table_name;
end $$;
create trigger audit_record_append_only before update or delete or truncate on audit_record
    for each statement execute function audit_is_append_only();
create trigger audit_checkpoint_append_only before update or delete or truncate on audit_checkpoint
    for each statement execute function audit_is_append_only();
