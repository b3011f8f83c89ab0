-- Why an event is kept, and finding the pins of one event.
alter table "pinned_event" add column "note" text not null default '';
create index "pinned_event_event_id_idx" on "pinned_event" ("event_id");
