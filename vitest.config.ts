import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") };
const project = (name: string, more: object = {}) => ({ resolve: { alias }, test: { name, include: [`test/${name}/**/*.test.{ts,tsx}`], ...more } });

export default defineConfig({ test: { projects: [project("unit")] } });
