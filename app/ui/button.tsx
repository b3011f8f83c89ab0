import Link from "next/link";
import type { ComponentProps } from "react";
import styles from "./button.module.css";
import { cx } from "./cx";

interface Look {
  /** `primary`: the one thing to do here. `danger`: cuts someone off or deletes. `quiet`: no edge until pointed at. */
  tone?: "primary" | "plain" | "quiet" | "danger";
  size?: "m" | "s";
}

const look = ({ tone = "plain", size = "m" }: Look, className?: string) =>
  cx(styles.button, styles[tone], size === "s" && styles.s, className);

/** A button. `busy` keeps its width, says so to screen readers and ignores further clicks. */
export function Button({
  tone,
  size,
  busy,
  className,
  children,
  type = "button",
  ...rest
}: Look & { busy?: boolean } & ComponentProps<"button">) {
  return (
    <button
      type={type}
      className={look({ tone, size }, className)}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
      {...rest}
    >
      {busy && <span className={styles.spinner} aria-hidden />}
      {children}
    </button>
  );
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function LinkButton({ tone, size, className, ...rest }: Look & ComponentProps<typeof Link>) {
  return <Link prefetch={false} className={look({ tone, size }, className)} {...rest} />;
}

/** A square button with only an icon; `label` is its name for everyone who cannot see it. */
export function IconButton({
  label,
  size,
  tone = "quiet",
  className,
  type = "button",
  ...rest
}: Look & { label: string } & Omit<ComponentProps<"button">, "aria-label">) {
  return <button type={type} className={look({ tone, size }, cx(styles.icon, className))} aria-label={label} title={label} {...rest} />;
}
