-- Event time after which a group's state is worth nothing and may be deleted unread.
alter table detection_state add column expires_at timestamptz(3);
create index detection_state_world_expires_at_idx on detection_state (world, expires_at) where expires_at is not null;
