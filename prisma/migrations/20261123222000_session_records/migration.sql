-- One row for each session of the monitored APIs, by the keyed hash of its id; written in detection's transaction, ended by people.
CREATE TABLE "session_record" (
    "id" TEXT NOT NULL,
    "actors" TEXT[],
    "actor_name" TEXT,
    "roles" TEXT[],
    "credential_type" TEXT,
    "credential_id" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "requests" BIGINT NOT NULL,
    "failures" BIGINT NOT NULL,
    "privilege_changes" BIGINT NOT NULL DEFAULT 0,
    "addresses" TEXT[],
    "countries" TEXT[],
    "networks" TEXT[],
    "devices" TEXT[],
    "services" TEXT[],
    "signed_in_at" TIMESTAMPTZ(3),
    "signed_out_at" TIMESTAMPTZ(3),
    "expired_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "closed_by" TEXT,
    "closed_reason" TEXT,
    "used_after_end" BIGINT NOT NULL DEFAULT 0,
    "used_after_end_at" TIMESTAMPTZ(3),
    "sample" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "session_record_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "session_record_last_at_idx" ON "session_record"("last_at");
CREATE INDEX "session_record_actors_idx" ON "session_record" USING GIN ("actors");
