-- True for an incident that a person split off: it is never merged by itself again.
alter table "incident" add column "apart" boolean not null default false;
create index "incident_merged_into_id_idx" on "incident" ("merged_into_id") where merged_into_id is not null;
