/** Waits for a condition instead of for a time: a test that needs this says what it waits for, and fails when it never comes. */
import { setTimeout as wait } from "node:timers/promises";

/** Resolves once `condition` holds; rejects after `withinMs` with its text. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`did not come true within ${withinMs} ms: ${condition}`);
    await wait(10);
  }
}
