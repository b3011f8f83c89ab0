"use client";
import { X } from "lucide-react";
import { Toast } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { IconButton } from "./button";
import styles from "./toast.module.css";

interface Notice {
  id: number;
  text: ReactNode;
  undo?: { label: string; onSelect: () => void };
}

type Show = (text: ReactNode, undo?: Notice["undo"]) => void;

const ToastContext = createContext<Show>(() => {});

/** Says that something was done, and how to take it back. Errors that matter stay in the page, not here. */
export const useToast = (): Show => useContext(ToastContext);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([]);
  const show = useCallback<Show>(
    (text, undo) => setNotices((before) => [...before.slice(-2), { id: (before.at(-1)?.id ?? 0) + 1, text, undo }]),
    [],
  );
  const drop = (id: number) => setNotices((before) => before.filter((notice) => notice.id !== id));
  const value = useMemo(() => show, [show]);
  return (
    <ToastContext value={value}>
      <Toast.Provider swipeDirection="right" duration={6000} label="Notice">
        {children}
        {notices.map((notice) => (
          <Toast.Root key={notice.id} className={styles.toast} onOpenChange={(open) => !open && drop(notice.id)}>
            <Toast.Description className={styles.text}>{notice.text}</Toast.Description>
            {notice.undo && (
              <Toast.Action altText={notice.undo.label} className={styles.action} onClick={notice.undo.onSelect}>
                {notice.undo.label}
              </Toast.Action>
            )}
            <Toast.Close asChild>
              <IconButton label="Close" size="s" className={styles.close}>
                <X aria-hidden />
              </IconButton>
            </Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport className={styles.viewport} />
      </Toast.Provider>
    </ToastContext>
  );
}
