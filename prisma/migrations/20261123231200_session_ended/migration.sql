-- Applications ask often which sessions they must refuse; few are ended.
CREATE INDEX "session_record_closed_at_idx" ON "session_record"("closed_at") WHERE (closed_at is not null);
