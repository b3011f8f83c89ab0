/** Sigma's placeholders: names like `%Admins%` in values with the modifier `expand`, for which each installation has values of its own. */

/** Name → values, which may hold wildcards. */
export type Placeholders = Readonly<Record<string, readonly string[]>>;

/** The placeholders of one document while it is read. One without values does not stop the reading: the document then says what it waits for. */
export class PlaceholderUse {
  readonly used = new Set<string>();
  readonly missing = new Set<string>();
  readonly #values: Placeholders;

  constructor(values: Placeholders) {
    this.#values = values;
  }

  /** The values of a name; none when the installation has not given any. */
  valuesOf(name: string): readonly string[] {
    const values = Object.hasOwn(this.#values, name) ? (this.#values[name] ?? []) : [];
    this.used.add(name);
    if (values.length === 0) this.missing.add(name);
    return values;
  }
}
