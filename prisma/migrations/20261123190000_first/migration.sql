-- The first shape of the database. Tables come from schema.prisma; partitions and functions are written by hand.

-- CreateTable
CREATE TABLE "event" (
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "key_id" UUID,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "service" TEXT,
    "environment" TEXT,
    "actor_id" TEXT,
    "session_id" TEXT,
    "credential_id" TEXT,
    "source_ip" INET,
    "country" TEXT,
    "asn" BIGINT,
    "http_method" TEXT,
    "http_status" SMALLINT,
    "http_route" TEXT,
    "http_path" TEXT,
    "target_type" TEXT,
    "target_id" TEXT,
    "destination" TEXT,
    "request_bytes" BIGINT,
    "response_bytes" BIGINT,
    "duration_ms" REAL,
    "sample" BOOLEAN NOT NULL DEFAULT false,
    "document" JSON NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("occurred_at","id")
) PARTITION BY RANGE ("occurred_at");

-- CreateTable
CREATE TABLE "event_id" (
    "id" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_id_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "batch" (
    "id" BIGSERIAL NOT NULL,
    "world" TEXT NOT NULL DEFAULT 'live',
    "historical" BOOLEAN NOT NULL DEFAULT false,
    "sample" BOOLEAN NOT NULL DEFAULT false,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "event_count" INTEGER NOT NULL,
    "min_occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "max_occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "detected_at" TIMESTAMPTZ(3),
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "failure" TEXT,

    CONSTRAINT "batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outcome_minute" (
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "key_id" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "items" BIGINT NOT NULL,

    CONSTRAINT "outcome_minute_pkey" PRIMARY KEY ("minute","key_id","service","outcome","reason")
);

-- CreateTable
CREATE TABLE "rejection" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "key_id" TEXT,
    "peer_ip" INET,
    "status" SMALLINT NOT NULL,
    "reason" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "sample" TEXT,

    CONSTRAINT "rejection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "traffic_minute" (
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "service" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "status_class" SMALLINT NOT NULL,
    "sample" BOOLEAN NOT NULL DEFAULT false,
    "events" BIGINT NOT NULL,
    "sign_ins" BIGINT NOT NULL DEFAULT 0,
    "request_bytes" BIGINT NOT NULL DEFAULT 0,
    "response_bytes" BIGINT NOT NULL DEFAULT 0,
    "duration_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "traffic_minute_pkey" PRIMARY KEY ("minute","service","direction","outcome","status_class","sample")
);

-- CreateTable
CREATE TABLE "detection_state" (
    "world" TEXT NOT NULL,
    "detector" TEXT NOT NULL,
    "group_key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "state" JSON NOT NULL,
    "wake_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "detection_state_pkey" PRIMARY KEY ("world","detector","group_key")
);

-- CreateTable
CREATE TABLE "detection_world" (
    "world" TEXT NOT NULL,
    "watermark" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "detection_world_pkey" PRIMARY KEY ("world")
);

-- CreateTable
CREATE TABLE "alert" (
    "id" BIGSERIAL NOT NULL,
    "key" TEXT NOT NULL,
    "incident_id" BIGINT NOT NULL,
    "rule_id" TEXT NOT NULL,
    "rule_version" INTEGER NOT NULL,
    "family" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "entity_type" TEXT NOT NULL,
    "entity_value" TEXT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "event_count" BIGINT NOT NULL,
    "historical" BOOLEAN NOT NULL DEFAULT false,
    "sample" BOOLEAN NOT NULL DEFAULT false,
    "facts" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" BIGSERIAL NOT NULL,
    "number" SERIAL NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "level" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "grouped_by" TEXT NOT NULL,
    "assignee_id" UUID,
    "verdict" TEXT,
    "verdict_reason" TEXT,
    "merged_into_id" BIGINT,
    "snoozed_until" TIMESTAMPTZ(3),
    "snooze" JSON,
    "regressed" BOOLEAN NOT NULL DEFAULT false,
    "historical" BOOLEAN NOT NULL DEFAULT false,
    "sample" BOOLEAN NOT NULL DEFAULT false,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "event_count" BIGINT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "acknowledged_at" TIMESTAMPTZ(3),
    "resolved_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_entity" (
    "incident_id" BIGINT NOT NULL,
    "entity_type" TEXT NOT NULL,
    "entity_value" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "events" BIGINT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "incident_entity_pkey" PRIMARY KEY ("incident_id","entity_type","entity_value")
);

-- CreateTable
CREATE TABLE "incident_activity" (
    "id" BIGSERIAL NOT NULL,
    "incident_id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "actor_id" TEXT,
    "actor_name" TEXT NOT NULL,
    "details" JSON NOT NULL,

    CONSTRAINT "incident_activity_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "incident_id" BIGINT,
    "reason" TEXT NOT NULL,
    "level" TEXT,
    "payload" JSON NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3),
    "message_id" TEXT,
    "last_error" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" BIGSERIAL NOT NULL,
    "outbox_id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "channel" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "response" TEXT,
    "subject" TEXT,
    "text" TEXT,
    "html" TEXT,
    "headers" JSON,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password_hash" TEXT,
    "must_change_password" BOOLEAN NOT NULL DEFAULT false,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "preferences" JSON NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),
    "password_changed_at" TIMESTAMPTZ(3),

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dashboard_session" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "ip" INET,
    "user_agent" TEXT,

    CONSTRAINT "dashboard_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_throttle" (
    "subject" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "window_start" TIMESTAMPTZ(3) NOT NULL,
    "locked_until" TIMESTAMPTZ(3),

    CONSTRAINT "sign_in_throttle_pkey" PRIMARY KEY ("subject")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target_type" TEXT,
    "target_id" TEXT,
    "result" TEXT NOT NULL DEFAULT 'success',
    "ip" INET,
    "reason" TEXT,
    "before" JSON,
    "after" JSON,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "scopes" TEXT[],
    "services" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "allowed_networks" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "trust_source_ip" BOOLEAN NOT NULL DEFAULT true,
    "events_per_second" INTEGER,
    "bytes_per_second" INTEGER,
    "burst" INTEGER,
    "daily_quota" BIGINT,
    "certificate" TEXT,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "last_used_ip" INET,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rule" (
    "id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "yaml" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "disabled_reason" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" TEXT,

    CONSTRAINT "rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rule_version" (
    "rule_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "yaml" TEXT NOT NULL,
    "comment" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,

    CONSTRAINT "rule_version_pkey" PRIMARY KEY ("rule_id","version")
);

-- CreateTable
CREATE TABLE "suppression" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "rule_id" TEXT,
    "query" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "owner_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "hits" BIGINT NOT NULL DEFAULT 0,
    "last_hit_at" TIMESTAMPTZ(3),

    CONSTRAINT "suppression_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "done" BIGINT NOT NULL DEFAULT 0,
    "total" BIGINT,
    "unit" TEXT NOT NULL DEFAULT 'items',
    "details" JSON NOT NULL DEFAULT '{}',
    "started_by" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "error" TEXT,

    CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "setting" (
    "name" TEXT NOT NULL,
    "value" JSON NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" TEXT,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "heartbeat" (
    "process" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "details" JSON NOT NULL DEFAULT '{}',

    CONSTRAINT "heartbeat_pkey" PRIMARY KEY ("process")
);

-- CreateTable
CREATE TABLE "saved_view" (
    "id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "page" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "settings" JSON NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saved_view_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "event_batch_id_idx" ON "event"("batch_id");

-- CreateIndex
CREATE INDEX "event_source_ip_occurred_at_idx" ON "event"("source_ip", "occurred_at") WHERE (source_ip is not null);

-- CreateIndex
CREATE INDEX "event_actor_id_occurred_at_idx" ON "event"("actor_id", "occurred_at") WHERE (actor_id is not null);

-- CreateIndex
CREATE INDEX "event_session_id_occurred_at_idx" ON "event"("session_id", "occurred_at") WHERE (session_id is not null);

-- CreateIndex
CREATE INDEX "event_id_seen_at_idx" ON "event_id" USING BRIN ("seen_at");

-- CreateIndex
CREATE INDEX "batch_undetected" ON "batch"("world", "id") WHERE (detected_at is null);

-- CreateIndex
CREATE INDEX "batch_received_at_idx" ON "batch"("received_at");

-- CreateIndex
CREATE INDEX "rejection_at_idx" ON "rejection"("at");

-- CreateIndex
CREATE INDEX "detection_state_world_wake_at_idx" ON "detection_state"("world", "wake_at") WHERE (wake_at is not null);

-- CreateIndex
CREATE UNIQUE INDEX "alert_key_key" ON "alert"("key");

-- CreateIndex
CREATE INDEX "alert_incident_id_idx" ON "alert"("incident_id");

-- CreateIndex
CREATE INDEX "alert_rule_id_last_at_idx" ON "alert"("rule_id", "last_at");

-- CreateIndex
CREATE INDEX "alert_entity_type_entity_value_last_at_idx" ON "alert"("entity_type", "entity_value", "last_at");

-- CreateIndex
CREATE INDEX "alert_last_at_idx" ON "alert"("last_at");

-- CreateIndex
CREATE UNIQUE INDEX "incident_number_key" ON "incident"("number");

-- CreateIndex
CREATE INDEX "incident_state_last_at_idx" ON "incident"("state", "last_at");

-- CreateIndex
CREATE INDEX "incident_last_at_idx" ON "incident"("last_at");

-- CreateIndex
CREATE INDEX "incident_entity_entity_type_entity_value_last_at_idx" ON "incident_entity"("entity_type", "entity_value", "last_at");

-- CreateIndex
CREATE INDEX "incident_activity_incident_id_id_idx" ON "incident_activity"("incident_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_dedupe_key_key" ON "outbox"("dedupe_key");

-- CreateIndex
CREATE INDEX "outbox_waiting" ON "outbox"("due_at") WHERE (state = 'waiting');

-- CreateIndex
CREATE INDEX "outbox_recipient_created_at_idx" ON "outbox"("recipient", "created_at");

-- CreateIndex
CREATE INDEX "outbox_incident_id_idx" ON "outbox"("incident_id");

-- CreateIndex
CREATE INDEX "delivery_outbox_id_idx" ON "delivery"("outbox_id");

-- CreateIndex
CREATE INDEX "delivery_at_idx" ON "delivery"("at");

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE INDEX "dashboard_session_user_id_idx" ON "dashboard_session"("user_id");

-- CreateIndex
CREATE INDEX "audit_entry_at_idx" ON "audit_entry"("at");

-- CreateIndex
CREATE INDEX "audit_entry_actor_id_at_idx" ON "audit_entry"("actor_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "task_started_at_idx" ON "task"("started_at");

-- CreateIndex
CREATE INDEX "saved_view_owner_id_idx" ON "saved_view"("owner_id");

-- AddForeignKey
ALTER TABLE "alert" ADD CONSTRAINT "alert_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_entity" ADD CONSTRAINT "incident_entity_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_activity" ADD CONSTRAINT "incident_activity_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dashboard_session" ADD CONSTRAINT "dashboard_session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rule_version" ADD CONSTRAINT "rule_version_rule_id_fkey" FOREIGN KEY ("rule_id") REFERENCES "rule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Ids and texts compare by bytes (the cluster's locale is C): no collation ever changes an index.

-- Events of one day of occurred_at live in one partition, made when the first of them comes. The product's role owns nothing, so that it asks for
-- a partition here. Attaching takes a weaker lock on the parent than "create … partition of": inserts go on meanwhile.
CREATE FUNCTION ensure_event_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  child text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF to_regclass(child) IS NOT NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('vedette:event_partition'));
  IF to_regclass(child) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child);
  EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', child, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
  RETURN true;
END $$;

-- Retention: the whole day goes at once. Refuses the last 24 hours, whatever it is asked.
CREATE FUNCTION drop_event_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  child text := 'event_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF day >= (now() AT TIME ZONE 'UTC')::date THEN RAISE EXCEPTION 'the partition of % is still in use', day; END IF;
  IF to_regclass(child) IS NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('vedette:event_partition'));
  EXECUTE format('DROP TABLE %I', child);
  RETURN true;
END $$;

REVOKE ALL ON FUNCTION ensure_event_partition(date), drop_event_partition(date) FROM PUBLIC;
