-- The worst level of the alerts that name an entity, by incident: what the risk score of an entity is made of.
alter table "incident_entity" add column "level" text not null default 'low';
update "incident_entity" e set "level" = i."level" from "incident" i where i."id" = e."incident_id";
