import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") };
const cluster = ["test/support/cluster.ts"];

const project = (name: string, more: object = {}) => ({
  resolve: { alias },
  test: { name, env: { LOG_LEVEL: process.env.LOG_LEVEL ?? "silent" }, include: [`test/${name}/**/*.test.{ts,tsx}`], ...more },
});

export default defineConfig({
  test: {
    // two cores: more files at once only make each other's time limits run out
    maxWorkers: 2,
    projects: [
      project("unit", { testTimeout: 60_000 }),
      project("store", { globalSetup: cluster, testTimeout: 120_000, hookTimeout: 120_000 }),
      project("flow", { globalSetup: cluster, testTimeout: 400_000, hookTimeout: 120_000 }),
      project("browser", { globalSetup: cluster, testTimeout: 120_000, hookTimeout: 240_000 }),
      project("peers", { globalSetup: cluster, testTimeout: 120_000, hookTimeout: 120_000 }),
    ],
  },
});
