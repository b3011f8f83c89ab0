import type { NextConfig } from "next";

/** Packages with native parts or their own idea of files: required at run time, never bundled. */
const outside = [
  "pg",
  "pg-copy-streams",
  "@prisma/client",
  "@prisma/adapter-pg",
  "bullmq",
  "ioredis",
  "maxmind",
  "nodemailer",
  "pino",
  "prom-client",
  "re2js",
  "bowser",
];

const config: NextConfig = {
  serverExternalPackages: outside,
  poweredByHeader: false,
  reactStrictMode: true,
  // the checks run apart and first; a build that repeats them only costs time
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: import.meta.dirname },
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "Referrer-Policy", value: "same-origin" },
        { key: "X-Frame-Options", value: "DENY" },
        { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=(), browsing-topics=()" },
        { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
      ],
    },
  ],
};

export default config;
