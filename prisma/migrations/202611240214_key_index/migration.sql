-- Pages about a key, and since when each key is known, as for addresses, accounts and sessions.
CREATE INDEX "event_credential_id_occurred_at_idx" ON "event"("credential_id", "occurred_at") WHERE (credential_id is not null);
