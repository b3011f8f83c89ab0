"use client";

declare global {
  var __webpack_nonce__: string | undefined;
}

/** Hands the page's nonce to the libraries that add a style element while a dialog is open; they look for it under this name. Draws nothing. */
export function StyleNonce() {
  if (typeof document !== "undefined") globalThis.__webpack_nonce__ ??= document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce;
  return null;
}
