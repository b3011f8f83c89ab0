-- Whose events an alert counts: its only address, else what it is about. Alerts of several rules about one source speak of the same events.
ALTER TABLE "alert" ADD COLUMN "source" TEXT NOT NULL DEFAULT '';
UPDATE "alert" SET "source" = CASE WHEN json_array_length("facts" -> 'sourceIps') = 1 THEN 'ip|' || ("facts" -> 'sourceIps' ->> 0) ELSE "entity_type" || '|' || "entity_value" END;
