/** Values that this installation gives to the placeholders of Sigma rules, for example the names of its administrators for `%Admins%`. */
import { z } from "zod";

/** The most placeholders, and values of one. */
export const PLACEHOLDERS_MOST = 200;
export const PLACEHOLDER_VALUES_MOST = 1_000;

/** Name → values, each once; `*` and `?` in them are wildcards. */
export const PlaceholderValues = z.record(z.string(), z.array(z.string()));
export type PlaceholderValues = z.infer<typeof PlaceholderValues>;

/** One placeholder as it is given; without values it is forgotten. */
export const GivenPlaceholder = z.object({
  name: z
    .string()
    .trim()
    .transform((name) => name.replace(/^%(.*)%$/, "$1"))
    .pipe(
      z
        .string()
        .regex(/^[\w.-]{1,100}$/, "A name has letters, digits, dots, hyphens and underscores, as it stands between the percent signs."),
    ),
  values: z
    .array(z.string().trim().max(500, "A value has at most 500 characters."))
    .transform((values) => [...new Set(values.filter(Boolean))])
    .pipe(z.array(z.string()).max(PLACEHOLDER_VALUES_MOST, `At most ${PLACEHOLDER_VALUES_MOST.toLocaleString("en")} values.`)),
});
