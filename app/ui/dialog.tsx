"use client";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button";
import { cx } from "./cx";
import styles from "./dialog.module.css";

interface DialogProps {
  title: ReactNode;
  description?: ReactNode;
  /** What opens it. Leave out when `open` is controlled. */
  trigger?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** `locked`: neither Escape nor a click outside closes it (a secret that is shown once). */
  locked?: boolean;
  children: ReactNode;
}

function Frame({ title, description, trigger, open, onOpenChange, locked, children, className }: DialogProps & { className?: string }) {
  const hold = locked ? (event: Event) => event.preventDefault() : undefined;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={className}
          onEscapeKeyDown={hold}
          onInteractOutside={hold}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <header className={styles.header}>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            {!locked && (
              <Radix.Close asChild>
                <IconButton label="Close" size="s">
                  <X aria-hidden />
                </IconButton>
              </Radix.Close>
            )}
          </header>
          {description && <Radix.Description className={styles.description}>{description}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A question that must be answered before going on. Focus stays inside, Escape closes, focus returns to what opened it. */
export function Dialog(props: DialogProps) {
  return <Frame {...props} className={styles.dialog} />;
}

/** A sheet from the side, for details beside the page; from below on a phone. */
export function Drawer({ side = "right", ...props }: DialogProps & { side?: "left" | "right" }) {
  return <Frame {...props} className={cx(styles.drawer, styles[side])} />;
}

/** Closes the dialog around it when pressed: wrap a Button. */
export function DialogClose({ children }: { children: ReactNode }) {
  return <Radix.Close asChild>{children}</Radix.Close>;
}

/** The row of buttons at a dialog's end. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
