/** A worker process for tests that kill it: sends what waits, then ends. */
import { createSender } from "@/lib/notify/sender";
import { closeStore } from "@/lib/store/db";
import { closeMail } from "@/lib/mail/smtp";
import { NOON } from "./alerts";

await createSender().turn(new Date(NOON + 1000));
closeMail();
await closeStore();
