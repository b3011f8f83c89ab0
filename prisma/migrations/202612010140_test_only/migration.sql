-- A rule can run without telling anybody: what it says then is kept apart from the alerts that people work on.
ALTER TABLE "rule" ADD COLUMN "test_only" BOOLEAN NOT NULL DEFAULT false;

CREATE TABLE "test_alert" (
    "key" TEXT NOT NULL,
    "rule_id" TEXT NOT NULL,
    "rule_version" INTEGER NOT NULL,
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
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "test_alert_pkey" PRIMARY KEY ("key")
);
CREATE INDEX "test_alert_rule_id_last_at_idx" ON "test_alert"("rule_id", "last_at");
