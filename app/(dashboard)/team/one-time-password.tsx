"use client";
import { Button } from "@/app/ui/button";
import { CopyButton } from "@/app/ui/copy-button";
import { DialogActions, DialogClose } from "@/app/ui/dialog";
import styles from "./team.module.css";

/** A secret that is shown once, to be passed on by hand. */
export function OneTimePassword({ password, who }: { password: string; who: string }) {
  return (
    <div className={styles.form}>
      <p>
        <b className="strong">{who}</b> signs in with this password once, then chooses another. It is not shown again.
      </p>
      <div className={styles.secret}>
        <span>{password}</span>
        <CopyButton text={password} what="the one-time password" />
      </div>
      <DialogActions>
        <DialogClose>
          <Button tone="primary">I passed it on</Button>
        </DialogClose>
      </DialogActions>
    </div>
  );
}
