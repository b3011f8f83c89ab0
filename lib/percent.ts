/** What percent-encoded text stands for (RFC 3986, section 2.1). Undefined where it is not well-formed UTF-8: each caller knows what that means there. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
