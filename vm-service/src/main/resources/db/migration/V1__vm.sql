-- Names are compared byte by byte (collation C): keyset paging needs an order that no operating system update changes.

-- Tokens of watches name the database, so that one of a restored copy is not mistaken for ours.
create table database_identity (
    only_row boolean primary key default true check (only_row),
    id       uuid not null default gen_random_uuid()
);
insert into database_identity default values;

create table node (
    name          text collate "C" primary key,
    address       text not null,
    boot_id       uuid not null,
    state         text not null check (state in ('UP', 'FENCING', 'FENCED')),
    capabilities  text not null,
    storage_paths text not null,
    join_time     timestamptz not null,
    last_renew    timestamptz not null,
    -- What watchers were told last; whether the node is reachable is computed from last_renew.
    shown_silent  boolean not null default false
);

create table storage_path (
    name        text collate "C" primary key,
    directory   text not null,
    create_time timestamptz not null
);

-- User ids of VMs are handed out once, in order, and never again.
create table user_id_counter (
    only_row boolean primary key default true check (only_row),
    next_id  integer not null
);
insert into user_id_counter (next_id) values (0);

create table machine (
    uid                     uuid primary key,
    name                    text collate "C" not null,
    project                 text collate "C" not null,
    labels                  text not null,
    vcpus                   integer not null check (vcpus > 0),
    memory_mib              bigint not null check (memory_mib > 0),
    requested_type          text check (requested_type in ('STANDARD', 'TRUSTED_LAUNCH')),
    requested_vtpm          boolean,
    requested_secure_boot   boolean,
    requested_vbs           boolean not null,
    security_type           text not null check (security_type in ('STANDARD', 'TRUSTED_LAUNCH')),
    vtpm                    boolean not null,
    secure_boot             boolean not null,
    image                   text not null,
    image_urn               text,
    image_digest            text check (image_digest ~ '^sha256:[0-9a-f]{64}$'),
    wanted_storage_path     text,
    storage_path            text collate "C" references storage_path (name),
    wanted_node             text,
    os_disk                 text not null,
    run_as_uid              integer not null unique,
    provisioning            text not null check (provisioning in ('CREATING', 'ACTIVE', 'FAILED', 'PURGED')),
    last_error              bytea,
    conditions              text not null,
    host                    text,
    migration               text,
    revision                bigint not null check (revision > 0),
    creator                 text not null,
    create_time             timestamptz not null,
    update_time             timestamptz not null,
    -- Set in the transaction that takes the ownership row to DELETING.
    delete_time             timestamptz,
    -- Transaction of the creation and of the last change of anything that users see; see the trigger.
    created_in              xid8 not null default pg_current_xact_id(),
    changed_in              xid8 not null default pg_current_xact_id(),
    check ((image_urn is null) = (image_digest is null)),
    -- The two are promised together.
    check (security_type <> 'TRUSTED_LAUNCH' or (vtpm and secure_boot))
);
create unique index machine_name on machine (name) where provisioning <> 'PURGED';
create index machine_of_project on machine (project, name) where provisioning <> 'PURGED';
create index machine_changed on machine (changed_in);

create function machine_changes() returns trigger language plpgsql as $$
begin
    new.changed_in := pg_current_xact_id();
    return new;
end $$;
create trigger machine_changes before update on machine for each row execute function machine_changes();

-- Who may run a VM. Changed by one class only, by compare-and-swap on row_version.
create table ownership (
    vm_uid         uuid primary key references machine (uid),
    row_version    bigint not null check (row_version > 0),
    epoch          bigint not null check (epoch > 0),
    attempt_epoch  bigint not null check (attempt_epoch >= 0),
    owner          text collate "C" not null references node (name),
    state_ref      text,
    ek_fingerprint text,
    ek_certificate text,
    prior_owner    text collate "C",
    prior_ref      text,
    prior_epoch    bigint,
    phase          text not null,
    -- What is true in this phase alone, JSON.
    phase_data     text not null,
    clean_ups      text not null,
    -- Derived from the above when it is written, for the queries below.
    target         text collate "C",
    owed           boolean not null,
    purge_time     timestamptz,
    names_nodes    text[] not null,
    -- Every node that the row ever named: those that may hold state.
    holders        text[] not null,
    update_time    timestamptz not null,
    check ((prior_owner is null) = (prior_ref is null) and (prior_owner is null) = (prior_epoch is null)),
    check (phase = 'CREATING' or state_ref is not null)
);
create index ownership_owed on ownership (update_time) where owed;
create index ownership_purge on ownership (purge_time) where phase = 'DELETING';
create index ownership_names on ownership using gin (names_nodes);
create index ownership_owner on ownership (owner);

create table remembered_request (
    caller      text not null,
    request_id  text not null,
    body_digest text not null,
    operation   text not null,
    create_time timestamptz not null default now(),
    primary key (caller, request_id)
);
create index remembered_request_age on remembered_request (create_time);

-- google.longrunning; claims are compared with the clock of this database alone.
create table operation (
    id               text collate "C" primary key,
    project          text collate "C" not null,
    kind             text not null,
    target           text collate "C" not null,
    requester        text not null,
    metadata         bytea not null,
    -- What the operation is to do, JSON.
    work             text not null,
    state            text not null check (state in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
    step             text not null,
    error            bytea,
    response         bytea,
    create_time      timestamptz not null,
    update_time      timestamptz not null,
    claimed_by       text,
    claimed_until    timestamptz,
    cancel_requested boolean not null,
    check ((state = 'SUCCEEDED') = (response is not null)),
    check ((state in ('FAILED', 'CANCELLED')) = (error is not null))
);
create index operation_of_project on operation (project, id);
-- One operation at a time works on a VM.
create unique index operation_unfinished_of_target on operation (target) where state in ('QUEUED', 'RUNNING');
create index operation_unfinished on operation (create_time) where state in ('QUEUED', 'RUNNING');

-- Three renewals of 5 s.
create function node_reachable(state text, last_renew timestamptz) returns boolean language sql stable as $$
    select state = 'UP' and last_renew > now() - interval '15 seconds'
$$;
