-- Names are compared byte by byte (collation C): keyset paging needs an order that no operating system update changes.

create table publisher (
    id           text collate "C" primary key,
    display_name text not null,
    seeded       boolean not null,
    created_by   text not null,
    create_time  timestamptz not null
);

create table publisher_key (
    id          bigint generated always as identity primary key,
    publisher   text collate "C" not null references publisher (id),
    fingerprint text not null check (fingerprint ~ '^sha256:[0-9a-f]{64}$'),
    public_key  bytea not null,
    added_by    text not null,
    create_time timestamptz not null default now(),
    unique (publisher, fingerprint)
);

create table stored_content (
    digest      text primary key check (digest ~ '^sha256:[0-9a-f]{64}$'),
    size_bytes  bigint not null check (size_bytes > 0),
    format      text not null check (format in ('raw', 'vhdx')),
    create_time timestamptz not null default now()
);

-- A row is immutable but for the first pin of its digest, size and format.
create table image_version (
    name                  text collate "C" primary key,
    publisher             text collate "C" not null references publisher (id),
    offer                 text not null,
    sku                   text not null,
    version               text not null check (version <> 'latest'),
    title                 text not null,
    os                    text not null check (os in ('WINDOWS', 'LINUX')),
    trusted_launch        boolean not null,
    trusted_launch_reason text not null check (trusted_launch = (trusted_launch_reason = '')),
    note                  text not null,
    digest                text check (digest ~ '^sha256:[0-9a-f]{64}$'),
    size_bytes            bigint check (size_bytes > 0),
    format                text check (format in ('raw', 'vhdx')),
    signed_by             text,
    create_time           timestamptz not null,
    check (name = 'publishers/' || publisher || '/offers/' || offer || '/skus/' || sku || '/versions/' || version),
    check ((digest is null) = (size_bytes is null) and (digest is null) = (format is null)),
    -- What is signed carries its digest from the start; what is not signed is a seeded row.
    check (signed_by is null or digest is not null)
);
create index image_version_of_sku on image_version (publisher, offer, sku);
create index image_version_of_digest on image_version (digest);

-- What proves a signed row, byte for byte as it was sent.
create table image_statement (
    name      text collate "C" primary key references image_version (name),
    statement bytea not null,
    signature bytea not null
);

create function pinned_digest_never_changes() returns trigger language plpgsql as $$
begin
    if old.digest is not null and (new.digest, new.size_bytes, new.format)
            is distinct from (old.digest, old.size_bytes, old.format) then
        raise exception 'the digest of % is pinned', old.name;
    end if;
    return new;
end $$;
create trigger image_version_pin before update on image_version
    for each row execute function pinned_digest_never_changes();

create table gallery_image (
    name                  text collate "C" primary key,
    project               text collate "C" not null,
    uid                   uuid not null unique,
    urn                   text not null,
    digest                text not null check (digest ~ '^sha256:[0-9a-f]{64}$'),
    size_bytes            bigint not null check (size_bytes > 0),
    format                text not null check (format in ('raw', 'vhdx')),
    os                    text not null check (os in ('WINDOWS', 'LINUX', 'UNKNOWN')),
    trusted_launch        boolean not null,
    trusted_launch_reason text not null check (trusted_launch = (trusted_launch_reason = '')),
    state                 text not null check (state in ('CREATING', 'ACTIVE', 'FAILED')),
    operation             text not null,
    created_by            text not null,
    create_time           timestamptz not null,
    revision              bigint not null check (revision > 0)
);
create index gallery_image_of_project on gallery_image (project, name);
create index gallery_image_of_digest on gallery_image (digest);

create table remembered_request (
    caller      text not null,
    request_id  text not null,
    body_digest text not null,
    result      text not null,
    create_time timestamptz not null default now(),
    primary key (caller, request_id)
);
create index remembered_request_age on remembered_request (create_time);

-- google.longrunning; claims are compared with the clock of this database alone.
create table operation (
    id               text collate "C" primary key,
    project          text not null,
    kind             text not null,
    target           text not null,
    requester        text not null,
    metadata         bytea not null,
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
create index operation_unfinished on operation (create_time) where state in ('QUEUED', 'RUNNING');
