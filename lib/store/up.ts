/** Whether the database can be asked anything. */
import { db, execute, sql } from "./db";

/** True when the database answers. */
export const isDatabaseUp = (): Promise<boolean> =>
  execute(db, sql`select 1`).then(
    () => true,
    () => false,
  );
