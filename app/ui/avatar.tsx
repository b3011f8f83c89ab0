import styles from "./avatar.module.css";
import { cx } from "./cx";

const initialsOf = (name: string) =>
  name
    .split(/[\s.@_-]+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase())
    .join("");

/** A person as initials. The name is given to those who point at it and to screen readers. */
export function Avatar({ name, size = "m" }: { name: string; size?: "m" | "l" }) {
  return (
    <span className={cx(styles.avatar, size === "l" && styles.l)} title={name} role="img" aria-label={name}>
      {initialsOf(name) || "?"}
    </span>
  );
}
