/** A Redis for one run of the tests: nothing is kept on disk, only this machine can reach it. */
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./postgres.mjs";
import { Halt } from "./say.mjs";

const find = (name) =>
  (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));

/** Starts one and resolves to `{ url, stop() }`. Installs Debian's package when root and it is missing. */
export async function startRedis(progress) {
  let binary = find("redis-server");
  if (!binary && process.getuid?.() === 0 && find("apt-get")) {
    progress("apt-get install redis-server");
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { env: environment, stdio: "ignore" });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "redis-server"], { env: environment, stdio: "ignore" });
    binary = find("redis-server");
  }
  if (!binary) throw new Halt("These tests need redis-server on the PATH. Install Redis, or run them without --redis.");
  const port = await freePort();
  const flags = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--maxmemory-policy",
    "noeviction",
    "--dir",
    "/tmp",
  ];
  const child = spawn(binary, flags, { stdio: "ignore" });
  process.once("exit", () => child.kill());
  for (let i = 0; i < 100; i++) {
    if (await accepts(port)) return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill() };
    await wait(50);
  }
  throw new Halt("redis-server did not start within five seconds.");
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
