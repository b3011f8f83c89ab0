-- Queries fold letters, and PostgreSQL knows nothing about a folded column unless it is told to look: without this it takes every condition for rare, and
-- sorts a week of events to find the newest twenty thousand of a busy service.
CREATE STATISTICS "event_service_folded" ON (lower(service COLLATE "C")) FROM event;
CREATE STATISTICS "event_action_folded" ON (lower(action COLLATE "C")) FROM event;
CREATE STATISTICS "event_outcome_folded" ON (lower(outcome COLLATE "C")) FROM event;
CREATE STATISTICS "event_direction_folded" ON (lower(direction COLLATE "C")) FROM event;
CREATE STATISTICS "event_country_folded" ON (lower(country COLLATE "C")) FROM event;
CREATE STATISTICS "event_route_folded" ON (lower(http_route COLLATE "C")) FROM event;

CREATE OR REPLACE FUNCTION ensure_event_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  child text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF to_regclass(child) IS NOT NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('vedette:event_partition'));
  EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STATISTICS)', child);
  EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', child, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  RETURN true;
EXCEPTION WHEN duplicate_table THEN
  RETURN false;
END $$;

DO $$
DECLARE
  part regclass;
  folded text;
BEGIN
  FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'event'::regclass LOOP
    FOREACH folded IN ARRAY ARRAY['service', 'action', 'outcome', 'direction', 'country', 'http_route'] LOOP
      EXECUTE format('CREATE STATISTICS ON (lower(%I COLLATE "C")) FROM %s', folded, part);
    END LOOP;
    EXECUTE format('ANALYZE %s', part);
  END LOOP;
END $$;
