-- What an incident's alerts add up to, so that a page, a mail and the next alert need not read them all.
ALTER TABLE "incident" ADD COLUMN "summary" JSON NOT NULL DEFAULT '{}';
ALTER TABLE "incident" ADD COLUMN "lead_rule_id" TEXT;
ALTER TABLE "incident" ADD COLUMN "wave" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "incident_entity" ADD COLUMN "subject" BOOLEAN NOT NULL DEFAULT false;

CREATE INDEX "incident_lead_rule_id_last_at_idx" ON "incident"("lead_rule_id", "last_at");
CREATE INDEX "incident_assignee_id_state_idx" ON "incident"("assignee_id", "state");

CREATE TABLE "notification_route" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "condition" JSON NOT NULL,
    "recipients" JSON NOT NULL,
    "how" TEXT NOT NULL DEFAULT 'at_once',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" TEXT,

    CONSTRAINT "notification_route_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "mail_stop" (
    "recipient" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3),

    CONSTRAINT "mail_stop_pkey" PRIMARY KEY ("recipient","kind")
);

CREATE TABLE "pinned_event" (
    "incident_id" BIGINT NOT NULL,
    "event_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "document" JSON NOT NULL,
    "pinned_by" TEXT NOT NULL,
    "pinned_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "pinned_event_pkey" PRIMARY KEY ("incident_id","event_id")
);
ALTER TABLE "pinned_event" ADD CONSTRAINT "pinned_event_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Whoever installs hears of the first attack without setting anything: every administrator, medium and worse, at once.
INSERT INTO "notification_route" ("id", "name", "condition", "recipients", "created_at", "updated_at")
VALUES ('00000000-0000-7000-8000-000000000001', 'Administrators', '{"level":"medium"}', '[{"type":"role","role":"admin"}]', now(), now());
