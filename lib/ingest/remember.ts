/** A bounded memory for pure look-ups whose arguments repeat (addresses, user agents). */

/** Wraps `look` so that a repeated argument costs one map access. Two generations: when the young one is full, the old one is dropped, so memory is at most twice `size`. */
export function remember<Value>(size: number, look: (key: string) => Value): (key: string) => Value {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return (key) => {
    const known = young.get(key);
    if (known !== undefined || young.has(key)) return known as Value; // has: undefined is a value too
    const value = old.has(key) ? (old.get(key) as Value) : look(key);
    if (young.size >= size) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  };
}
