/** Loaded into every child of the launcher: when the launcher is gone, however it went, the child stops as if it had been asked to. */
if (process.send) {
  const leave = () => {
    // Node 20 may wait for ever at its exit for the thread that loads modules, and nobody is left who would kill it
    process.once("exit", () => process.kill(process.pid, "SIGKILL"));
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), 10_000).unref();
  };
  process.on("disconnect", leave);
  if (!process.connected) leave(); // it went before we were here to hear of it
  process.channel?.unref?.();
}
