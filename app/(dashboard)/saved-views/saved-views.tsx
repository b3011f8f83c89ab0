"use client";
import { Bookmark } from "lucide-react";
import { type FormEvent, useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Checkbox, Field, Input } from "@/app/ui/field";
import { Menu, type MenuItem } from "@/app/ui/menu";
import { useToast } from "@/app/ui/toast";
import { type SavedPage, type SavedView, savedPages } from "@/lib/model/saved-view";
import { dropViewAction, keepViewAction } from "./actions";

export interface SavedViewsProps {
  page: SavedPage;
  /** The filter as it stands in the address. */
  current: string;
  views: readonly SavedView[];
  mayShare: boolean;
  mayRemoveShared: boolean;
}

/** The filters of a page that were kept under a name: one click each; and keeping this one. The address stays the state. */
export function SavedViews({ page, current, views, mayShare, mayRemoveShared }: SavedViewsProps) {
  const [keeping, setKeeping] = useState(false);
  const [, start] = useTransition();
  const toast = useToast();
  const shown = views.find(({ query, own }) => query === current && own) ?? views.find(({ query }) => query === current);
  const remove = (view: SavedView) =>
    start(async () => {
      const state = await dropViewAction(page, view.id);
      toast(state.status === "failed" ? state.message : `The view “${view.name}” is removed.`);
    });
  const entry = (view: SavedView): MenuItem => ({
    key: view.id,
    label: view.name,
    hint: view === shown ? "shown" : view.own ? (view.shared ? "shared" : "") : `by ${view.owner}`,
    href: `${savedPages[page].path}${view.query === "" ? "" : `?${view.query}`}`,
  });
  const group = (label: string, list: readonly SavedView[]): MenuItem[] =>
    list.length === 0 ? [] : [{ kind: "heading", key: label, label }, ...list.map(entry), { kind: "line", key: `after ${label}` }];
  return (
    <>
      <Menu
        label="Saved views"
        trigger={
          <Button size="s">
            <Bookmark aria-hidden /> {shown ? shown.name : "Views"}
          </Button>
        }
        items={[
          ...group(
            "Yours",
            views.filter(({ own }) => own),
          ),
          ...group(
            "Shared by others",
            views.filter(({ own }) => !own),
          ),
          { key: "keep", label: "Save this view…", onSelect: () => setKeeping(true) },
          ...(shown && (shown.own || mayRemoveShared)
            ? [{ key: "remove", label: `Remove “${shown.name}”`, danger: true, onSelect: () => remove(shown) }]
            : []),
        ]}
      />
      {keeping && <KeepDialog {...{ page, current, mayShare }} onClose={() => setKeeping(false)} />}
    </>
  );
}

function KeepDialog({
  page,
  current,
  mayShare,
  onClose,
}: Pick<SavedViewsProps, "page" | "current" | "mayShare"> & { onClose: () => void }) {
  const [problem, setProblem] = useState<string>();
  const [busy, start] = useTransition();
  const toast = useToast();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get("name") ?? "");
    start(async () => {
      const state = await keepViewAction({ page, name, query: current, shared: form.has("shared") });
      if (state.status === "failed") return setProblem(state.problems.name ?? state.message);
      toast(`The view “${name.trim()}” is saved.`);
      onClose();
    });
  };
  return (
    <Dialog title="Save this view" open onOpenChange={(open) => !open && onClose()}>
      <form onSubmit={submit} className="stack">
        <Field id="view-name" label="Name" error={problem} hint="The same name again replaces it.">
          <Input id="view-name" name="name" required maxLength={60} autoComplete="off" invalid={problem !== undefined} hinted />
        </Field>
        {mayShare && <Checkbox name="shared" label="Everybody sees it" />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={busy}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
