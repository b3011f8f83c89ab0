import { X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import styles from "./chip.module.css";
import { cx } from "./cx";

/** A value in a frame: an address, an account, a filter. `href` makes it a link; `removeHref` adds the small cross. */
export function Chip({
  children,
  mono = false,
  href,
  removeHref,
  removeLabel,
  tone,
}: {
  children: ReactNode;
  mono?: boolean;
  href?: string;
  removeHref?: string;
  removeLabel?: string;
  tone?: "plain" | "fail" | "warn";
}) {
  const name = cx(styles.chip, mono && styles.mono, tone && styles[tone]);
  if (href)
    return (
      <Link prefetch={false} href={href} className={cx(name, styles.open)}>
        {children}
      </Link>
    );
  return (
    <span className={name}>
      {children}
      {removeHref && (
        <Link prefetch={false} href={removeHref} className={styles.remove} aria-label={removeLabel ?? "Remove"}>
          <X size={12} aria-hidden />
        </Link>
      )}
    </span>
  );
}
