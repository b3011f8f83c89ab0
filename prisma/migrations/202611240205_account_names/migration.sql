-- By which names (mail address, name, id in other letters) an account is known, folded as queries fold them; written in detection's transaction.
CREATE TABLE "account_name" (
    "name" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "sample" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "account_name_pkey" PRIMARY KEY ("name", "actor_id")
);

INSERT INTO "account_name" ("name", "actor_id", "seen_at", "sample")
SELECT lower(known.name COLLATE "C"), event.actor_id, now(), bool_and(event.sample)
FROM event, LATERAL (VALUES (event.actor_id), (event.document #>> '{actor,email}'), (event.document #>> '{actor,name}')) AS known(name)
WHERE event.actor_id IS NOT NULL AND lower(known.name COLLATE "C") <> event.actor_id AND length(known.name) <= 256 AND length(event.actor_id) <= 256
GROUP BY 1, 2;

-- Who is called is few against all that is called: the first call ever to a host is one look.
CREATE INDEX "event_destination_occurred_at_idx" ON "event"("destination", "occurred_at") WHERE (destination is not null);
