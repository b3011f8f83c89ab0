-- Pages about a network, as for addresses, accounts, sessions and keys.
CREATE INDEX "event_asn_occurred_at_idx" ON "event"("asn", "occurred_at") WHERE (asn is not null);
