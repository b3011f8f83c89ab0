-- How a route tells: its pace, its quiet hours, how much a mail may show, when its digest comes.
ALTER TABLE "notification_route" ADD COLUMN "options" JSON NOT NULL DEFAULT '{}';

-- People, addresses and webhooks under one name, so that routes need not repeat them.
CREATE TABLE "recipient_group" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "members" JSON NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" TEXT NOT NULL,

    CONSTRAINT "recipient_group_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "recipient_group_name_key" ON "recipient_group"("name");

-- Why a message waits although it could leave: 'storm', 'pace' or 'quiet'.
ALTER TABLE "outbox" ADD COLUMN "held" TEXT;

-- What each exception hid, by hour: a digest counts what was hidden in its own time.
CREATE TABLE "suppression_hour" (
    "suppression_id" UUID NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "hits" BIGINT NOT NULL,

    CONSTRAINT "suppression_hour_pkey" PRIMARY KEY ("suppression_id","hour")
);
