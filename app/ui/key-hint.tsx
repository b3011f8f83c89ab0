import styles from "./key-hint.module.css";

/** The key that does the same, drawn as a key. Decoration for those who see it: the control itself carries `aria-keyshortcuts`. */
export function KeyHint({ children }: { children: string }) {
  return (
    <kbd className={styles.key} aria-hidden>
      {children}
    </kbd>
  );
}
