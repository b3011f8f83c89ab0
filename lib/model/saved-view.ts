/** A named filter of a list: what stands in the address of the page, kept under a name by one person or for everybody. */
import { z } from "zod";

/** The lists whose filters can be kept, and what of their address belongs to the filter. */
export const savedPages = {
  events: { path: "/events", names: ["q", "service", "last", "from", "to"] },
  incidents: { path: "/incidents", names: ["view", "level", "q"] },
} as const;
export const SavedPage = z.enum(["events", "incidents"]);
export type SavedPage = z.infer<typeof SavedPage>;

/** What a person writes of a view. `query`: the search part of an address; what is no filter of the page is left out. */
export const SavedViewInput = z
  .object({
    page: SavedPage,
    name: z.string().trim().min(1, "give it a name").max(60),
    query: z.string().max(4000),
    shared: z.boolean(),
  })
  .transform((input) => ({ ...input, query: filterPart(input.page, input.query) }));
export type SavedViewInput = z.infer<typeof SavedViewInput>;

/** A view as a reader sees it. `own`: they made it. */
export interface SavedView {
  id: string;
  name: string;
  query: string;
  shared: boolean;
  own: boolean;
  owner: string;
}

/** The filter of an address in one order, so that equal filters are equal texts. */
export function filterPart(page: SavedPage, search: string): string {
  const given = new URLSearchParams(search);
  const kept = savedPages[page].names.flatMap((name): [string, string][] => {
    const value = given.get(name);
    return value ? [[name, value]] : [];
  });
  return new URLSearchParams(kept).toString();
}
