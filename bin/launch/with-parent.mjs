/** Loaded into every child of the launcher: when the launcher is gone, however it went, the child stops as if it had been asked to. */
if (process.send) {
  const leave = () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), 10_000).unref();
  };
  process.on("disconnect", leave);
  if (!process.connected) leave(); // it went before we were here to hear of it
  process.channel?.unref?.();
}
