import type { ReactNode } from "react";
import { Brand } from "@/app/(dashboard)/shell/brand";
import { BrowserZone } from "@/app/ui/browser-zone";
import styles from "./auth.module.css";

/** The quiet frame of the pages before the dashboard. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <main className={styles.page}>
      <BrowserZone />
      <div className={styles.brand}>
        <Brand size={24} />
      </div>
      <div className={styles.card}>{children}</div>
    </main>
  );
}
