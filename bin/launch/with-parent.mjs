/** Loaded into every child of the launcher: when the launcher is gone, however it went, the child stops as if it had been asked to. */
if (process.send) {
  process.on("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), 10_000).unref();
  });
  process.channel?.unref?.();
}
