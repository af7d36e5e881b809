-- The key that the wraps below are for. Its private half is in the key vault and never here.
create table recovery_key (
    only_row    boolean primary key default true check (only_row),
    key_id      text not null,
    public_key  text not null,
    create_time timestamptz not null
);

-- The state key of one directory, sealed to a recovery key (base64). Nothing in this database opens it.
create table state_key_wrap (
    vm_uid      uuid not null,
    state_ref   text not null,
    recipient   text not null,
    sealed      text not null,
    create_time timestamptz not null,
    primary key (vm_uid, state_ref, recipient)
);
