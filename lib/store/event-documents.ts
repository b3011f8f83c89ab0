/** Events as they are read back. */
import { z } from "zod";
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { raw } from "./db";

/** A document as we wrote it ourselves after validation: only that it is one is looked at again. */
export const Document = z.custom<EventDocument>((value) => typeof value === "object" && value !== null);

/** What a statement selects that reads records with `RecordRow`. */
export const recordColumns = raw(`event.id, event.occurred_at as "occurredAt", event.received_at as "receivedAt", event.document`);

export const RecordRow = z
  .object({ id: z.string(), occurredAt: z.date(), receivedAt: z.date(), document: Document })
  .transform((row): EventRecord => ({ ...row, occurredAt: row.occurredAt.getTime(), receivedAt: row.receivedAt.getTime() }));
