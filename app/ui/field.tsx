import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import styles from "./field.module.css";

/** A question with its control, a hint, and what is wrong. The control gets `id` and points at hint and error through `describedBy`. */
export function Field({
  id,
  label,
  hint,
  error,
  optional,
  children,
}: {
  id: string;
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  optional?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
        {optional && <span className="faint"> (optional)</span>}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface Told {
  /** Set when the field shows an error: marks the control invalid and links the text. */
  invalid?: boolean;
  hinted?: boolean;
}

const told = (id: string | undefined, { invalid, hinted }: Told) => ({
  "aria-invalid": invalid || undefined,
  "aria-describedby": id && (invalid || hinted) ? cx(hinted && `${id}-hint`, invalid && `${id}-error`) : undefined,
});

export function Input({ invalid, hinted, className, ...rest }: Told & ComponentProps<"input">) {
  return <input className={cx(styles.control, className)} {...told(rest.id, { invalid, hinted })} {...rest} />;
}

export function Textarea({ invalid, hinted, className, ...rest }: Told & ComponentProps<"textarea">) {
  return <textarea className={cx(styles.control, styles.area, className)} {...told(rest.id, { invalid, hinted })} {...rest} />;
}

/** A question that is answered in a line: label, control, hint and what is wrong with it. */
export function TextField({
  label,
  hint,
  error,
  optional,
  ...rest
}: Omit<ComponentProps<typeof Field>, "children"> & Omit<ComponentProps<"input">, "id" | "children">) {
  return (
    <Field {...{ id: rest.id, label, hint, error, optional }}>
      <Input {...rest} hinted={Boolean(hint)} invalid={Boolean(error)} />
    </Field>
  );
}

/** What is wrong with more than one field; nothing when nothing is. */
export function Problem({ children }: { children: ReactNode }) {
  if (!children) return null;
  return (
    <p className={styles.problem} role="alert">
      {children}
    </p>
  );
}

/** The platform's own select: right on phones, with keyboards and with screen readers. */
export function Select({ invalid, hinted, className, children, ...rest }: Told & ComponentProps<"select">) {
  return (
    <select className={cx(styles.control, styles.select, className)} {...told(rest.id, { invalid, hinted })} {...rest}>
      {children}
    </select>
  );
}

/** A box to tick, or with `type="radio"` one of several. The words are part of the target. */
export function Checkbox({
  label,
  hint,
  type = "checkbox",
  className,
  ...rest
}: { label: ReactNode; hint?: ReactNode; type?: "checkbox" | "radio" } & Omit<ComponentProps<"input">, "type">) {
  return (
    <label className={cx(styles.choice, className)}>
      <input type={type} className={styles.box} {...rest} />
      <span>
        {label}
        {hint && <span className={styles.choiceHint}>{hint}</span>}
      </span>
    </label>
  );
}
