import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { readPreferences } from "./preferences";
import { cx } from "./ui/cx";
import { StyleNonce } from "./ui/style-nonce";
import { ToastProvider } from "./ui/toast";
import { ViewerProvider } from "./ui/viewer";
import "./ui/tokens.css";
import "./ui/base.css";

export const metadata: Metadata = {
  title: { default: "Vedette", template: "%s · Vedette" },
  description: "The sentry for your APIs.",
  robots: { index: false, follow: false },
};
export const viewport: Viewport = { width: "device-width", initialScale: 1, colorScheme: "light dark" };

/** The frame of every page: theme, density and zone are known before the first byte; every page is rendered per request, as its nonce wants. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection();
  const { theme, density, zone } = await readPreferences();
  return (
    <html lang="en" data-theme={theme} data-density={density} className={cx(GeistSans.variable, GeistMono.variable)}>
      <body>
        <StyleNonce />
        <ViewerProvider zone={zone ?? "UTC"} now={Date.now()}>
          <ToastProvider>{children}</ToastProvider>
        </ViewerProvider>
      </body>
    </html>
  );
}
