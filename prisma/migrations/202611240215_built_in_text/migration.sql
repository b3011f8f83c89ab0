-- Every built-in rule text that this installation has run with, so that an upgrade can say what it changed. NULL: the rule is gone.
CREATE TABLE "built_in_text" (
    "rule_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "product" TEXT NOT NULL,
    "yaml" TEXT,

    CONSTRAINT "built_in_text_pkey" PRIMARY KEY ("rule_id", "at")
);
