-- Who mends a sender narrows the latest refusals to its service, as the counts beside them are.
alter table "rejection" add column "service" text not null default '';
