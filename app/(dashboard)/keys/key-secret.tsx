import { Button } from "@/app/ui/button";
import { CopyButton } from "@/app/ui/copy-button";
import { DialogActions, DialogClose } from "@/app/ui/dialog";
import styles from "./keys.module.css";

/** A key's secret, this once. */
export function KeySecret({ secret, note }: { secret: string; note?: string }) {
  return (
    <div className={styles.form}>
      <p>It is not shown again: only a hash of it is kept.</p>
      {note && <p>{note}</p>}
      <div className={styles.secret}>
        <code>{secret}</code>
        <CopyButton text={secret} what="the key" />
      </div>
      <div className={styles.secret}>
        <code>VEDETTE_KEY={secret}</code>
        <CopyButton text={`VEDETTE_KEY=${secret}`} what="the line for .env" />
      </div>
      <DialogActions>
        <DialogClose>
          <Button tone="primary">I kept it</Button>
        </DialogClose>
      </DialogActions>
    </div>
  );
}
