-- A rotated key: the secret before still works for a time that a person chose.
alter table api_key add column previous_hash bytea, add column previous_until timestamptz(3);
create unique index api_key_previous_hash_key on api_key (previous_hash);
