-- What each rule spent on how many events, by day: shows which rule is dear before it slows detection.
CREATE TABLE "rule_cost" (
    "rule_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "ms" DOUBLE PRECISION NOT NULL,
    "events" BIGINT NOT NULL,

    CONSTRAINT "rule_cost_pkey" PRIMARY KEY ("rule_id", "day")
);
