-- How many mails to the people concerned have left in an hour is asked before each of them.
CREATE INDEX "outbox_person" ON "outbox"("sent_at") WHERE (kind = 'person');
