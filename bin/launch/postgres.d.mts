/** Types of postgres.mjs for the tests and benchmarks. */
export interface EmbeddedServer {
  pid: number;
  port: number;
  data: string;
  adopted: boolean;
  ownerUrl(database?: string): string;
  isRunning(): boolean;
  stop(): Promise<void>;
}

export function startPostgres(options: {
  directory: string;
  password: string;
  port?: number;
  overrides?: Record<string, string>;
  progress?: (text: string) => void;
}): Promise<EmbeddedServer>;

export function freePort(preferred?: number, host?: string): Promise<number>;
