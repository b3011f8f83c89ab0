/**
 * The door to BullMQ. A queue here is a doorbell: it carries no truth, may be lost or doubled, and a tick rings every bell anyway. Which backend
 * serves it (PostgreSQL or Redis) follows from QUEUE_URL alone.
 */
import { setTimeout as wait } from "node:timers/promises";
import { createPostgresBackend, Queue, Worker } from "bullmq";
import { config } from "@/lib/config";
import { log } from "@/lib/log";

/** The bells of the house, and what each one means. */
export const bells = {
  detect: "there are batches that detection has not seen",
  decide: "somebody decides about many incidents at once",
  backtest: "somebody asks what a draft of a rule would have said",
  notify: "there are mails that must leave",
  call: "there are webhooks to call",
  upkeep: "time has passed: digests, retention, silence, signs of life",
} as const;

/** One of the bells. */
export type Bell = keyof typeof bells;

const queues = new Map<Bell, Queue>();
const ringing = new Map<Bell, Promise<void>>();
const QUIET_MS = 20; // rings of one process within this time count as one: a busy ingest would ring hundreds of times a second

const onRedis = () => /^rediss?:/.test(config().QUEUE_URL);

/** How the chosen backend is reached: `[options, factory]` for the constructors of Queue and Worker. */
function backend(): [{ connection: never; prefix?: string }, never] {
  const { QUEUE_URL, QUEUE_PREFIX, DATABASE_URL, DATABASE_ROLE } = config();
  if (onRedis()) return [{ connection: { url: QUEUE_URL, maxRetriesPerRequest: null } as never, prefix: QUEUE_PREFIX }, undefined as never];
  const role = QUEUE_URL === DATABASE_URL && DATABASE_ROLE ? `-c role=${DATABASE_ROLE} ` : "";
  // a lost ring costs a second's delay, never an event: its commits need not wait for the disk
  const session = { connectionString: QUEUE_URL, options: `${role}-c synchronous_commit=off`, schema: QUEUE_PREFIX, max: 4 };
  // a connection that breaks between two statements has nobody who listens: its event would end the process
  const connection = { ...session, onConnect: (client: NodeJS.EventEmitter) => void client.on("error", () => undefined) };
  return [{ connection: connection as never }, createPostgresBackend as never];
}

function queueOf(bell: Bell): Queue {
  let queue = queues.get(bell);
  if (!queue) {
    const [options, factory] = backend();
    queue = new Queue(bell, { ...options, defaultJobOptions: { removeOnComplete: true, removeOnFail: 100 } }, factory);
    queue.on("error", (error) => log.warn({ bell, error: error.message }, "the queue is out of reach; the tick will ring instead"));
    queues.set(bell, queue);
  }
  return queue;
}

/** Rings a bell. Never fails and never waits for long: whoever rings has already committed the truth. */
export function ring(bell: Bell): Promise<void> {
  const known = ringing.get(bell);
  if (known) return known;
  const soon = new Promise<void>((resolve) => setTimeout(resolve, QUIET_MS)).then(async () => {
    ringing.delete(bell);
    try {
      await queueOf(bell).add(bell, {}, { deduplication: { id: bell, keepLastIfActive: true } });
    } catch (error) {
      log.warn({ bell, error: (error as Error).message }, "a bell could not be rung; the tick will ring instead");
      const queue = queues.get(bell);
      queues.delete(bell); // a queue whose first connection failed remembers that for ever
      await queue?.close().catch(() => undefined);
    }
  });
  ringing.set(bell, soon);
  return soon;
}

/** Answers a bell: works until nothing is left to do. Doing nothing must be cheap. */
export type Answer = (now: Date) => Promise<void>;

/** Answers a bell until `close`; also every `everyMs` without any ring, so that losing the whole queue costs delay only. */
export function answer(bell: Bell, work: Answer, { everyMs }: { everyMs: number }): { close(): Promise<void> } {
  const turns = oneAtATime(() => work(new Date()), bell);
  const worker = keepListening(bell, () => turns.next());
  const tick = setInterval(() => void turns.next(), everyMs);
  void turns.next();
  return {
    async close() {
      clearInterval(tick);
      await worker.close();
      await turns.idle();
    },
  };
}

const LISTEN_AGAIN_MS = 1000;

/**
 * A BullMQ worker that is started only once its backend is ready, and built anew until it is: one whose first connection failed remembers that failure for
 * ever, and asks again so fast that nothing else in the process gets a turn.
 */
function keepListening(bell: Bell, heard: () => Promise<void>): { close(): Promise<void> } {
  let worker: Worker | undefined;
  let closed = false;
  const listen = async (): Promise<void> => {
    while (!closed) {
      const [options, factory] = backend();
      const candidate = new Worker(bell, heard, { ...options, autorun: false, concurrency: 1, lockDuration: 60_000 }, factory);
      candidate.on("error", (error) => log.warn({ bell, error: error.message }, "the queue is out of reach; the tick goes on"));
      worker = candidate;
      const failure = await candidate.waitUntilReady().then(
        () => null,
        (error: Error) => error,
      );
      if (closed) return;
      if (!failure)
        return void candidate
          .run()
          .catch((error: Error) => log.warn({ bell, error: error.message }, "the queue stopped; the tick goes on"));
      log.warn({ bell, error: failure.message }, "the queue is out of reach; the tick goes on");
      await candidate.close().catch(() => undefined); // it never was open
      await wait(LISTEN_AGAIN_MS);
    }
  };
  const listening = listen();
  return {
    async close() {
      closed = true;
      await worker?.close().catch(() => undefined);
      await listening;
    },
  };
}

/** Rings that come while a turn runs lead to exactly one more turn. A failed turn is logged; the next ring or tick tries again. */
function oneAtATime(turn: () => Promise<void>, bell: Bell): { next(): Promise<void>; idle(): Promise<void> } {
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = turn()
      .catch((error: Error) => log.error({ bell, error: error.message, stack: error.stack }, "a turn failed; the next one tries again"))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const next = (): Promise<void> => {
    if (!running) return start();
    waiting ??= running.then(() => {
      waiting = undefined;
      return start();
    });
    return waiting;
  };
  return { next, idle: async () => void (await Promise.all([running, waiting])) };
}

/** How many rings wait, by bell; for System health. */
export async function countWaiting(): Promise<Record<Bell, number>> {
  const counted = await Promise.all(Object.keys(bells).map(async (bell) => [bell, await queueOf(bell as Bell).count()] as const));
  return Object.fromEntries(counted) as Record<Bell, number>;
}

/** Lets go of the queue, so that the process can end. */
export async function closeQueue(): Promise<void> {
  await Promise.allSettled(ringing.values());
  await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
  queues.clear();
}
