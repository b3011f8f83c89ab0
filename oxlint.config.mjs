/** The architecture as a table, and the few rules of style that a machine can hold. A planted violation of each kind proves that they hold. */
import { defineConfig } from "oxlint";

/** Who may import whom: a layer sees itself and the layers its line names. `lib/*.ts` (config, errors, log) is open to all but the pure layers. */
const mayImport = {
  "lib/model": [],
  "lib/query": ["lib/model"],
  "lib/charts": ["lib/model"],
  "lib/simulate": ["lib/model"],
  "lib/detection": ["lib/model", "lib/query"],
  "lib/geo": ["lib/model"],
  "lib/mail": ["lib/model"],
  "lib/queue": ["lib/model"],
  "lib/store": ["lib/model", "lib/query", "lib/detection", "lib/charts"],
  "lib/access": ["lib/model", "lib/store"],
  "lib/ingest": ["lib/model", "lib/store", "lib/queue", "lib/geo", "lib/access", "lib/http", "lib/simulate", "lib/query"],
  "lib/rules": ["lib/model", "lib/detection", "lib/query", "lib/store", "lib/access", "lib/queue"],
  "lib/incidents": ["lib/model", "lib/detection", "lib/query", "lib/charts", "lib/store", "lib/access", "lib/queue", "lib/rules"],
  "lib/backtest": ["lib/model", "lib/detection", "lib/query", "lib/store", "lib/access", "lib/queue", "lib/rules", "lib/incidents"],
  "lib/notify": ["lib/model", "lib/query", "lib/charts", "lib/store", "lib/access", "lib/mail", "lib/queue", "lib/incidents"],
  "lib/http": [
    "lib/model",
    "lib/query",
    "lib/charts",
    "lib/store",
    "lib/access",
    "lib/queue",
    "lib/ingest",
    "lib/incidents",
    "lib/rules",
    "lib/notify",
    "lib/backtest",
  ],
};
const layers = Object.keys(mayImport);
const pure = ["lib/model", "lib/query", "lib/charts", "lib/simulate", "lib/detection"];
const composing = ["app", "web", "workers", "bin", "bench", "test", "client"];

/** Each outside system has one door. */
const doors = {
  "@prisma/client": ["lib/store"],
  "@prisma/adapter-pg": ["lib/store"],
  pg: ["lib/store", "bin", "bench", "test"],
  "pg-copy-streams": ["lib/store", "bench"],
  bullmq: ["lib/queue", "lib/store", "test"], // lib/store: the migrations of BullMQ's own tables
  ioredis: ["lib/queue", "test"],
  nodemailer: ["lib/mail"],
  maxmind: ["lib/geo"],
  "@ip-location-db": ["lib/geo"],
  "next-auth": ["lib/access", "app"],
  next: ["app", "web"],
  react: ["app"],
  "react-dom": ["app"],
  recharts: ["app"],
};

const speaking = {
  regex: "^@/lib/store/db$",
  importNames: ["sql", "raw", "query", "queryOne", "execute"],
  message: "Only lib/store speaks SQL.",
};
const never = "\\u0000"; // an empty alternation would match everything: this matches nothing

function boundary(layer) {
  const closed = [...layers.filter((other) => other !== layer && !mayImport[layer]?.includes(other)), ...composing];
  const foreign = Object.entries(doors)
    .filter(([, owners]) => !owners.includes(layer))
    .map(([name]) => name);
  const patterns = [
    { regex: "^\\.\\./", message: "Across folders import by '@/…'." },
    { regex: `^@/(${closed.join("|")})(/|$)`, message: `${layer} may import ${mayImport[layer]?.join(", ") || "nothing"}.` },
    { regex: `^(${foreign.join("|") || never})(/|$)`, message: `Not a door of ${layer}.` },
    ...(layer === "lib/store" ? [] : [speaking]),
    ...(pure.includes(layer) ? [{ regex: "^(node:|@/lib/(config|log)$)", message: `${layer} is pure: no I/O, no settings, no log.` }] : []),
  ];
  return { files: [`${layer}/**`], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

/** What composes may use every layer, but not another one's insides, and no door that is not its own. */
function composition(folder) {
  const others =
    folder === "test"
      ? []
      : composing.filter((other) => other !== folder && !(folder === "bench" && other === "bin") && other !== "client");
  const foreign = Object.entries(doors)
    .filter(([, owners]) => !owners.includes(folder))
    .map(([name]) => name);
  const patterns = [
    ...(others.length > 0
      ? [{ regex: `^@/(${others.join("|")})(/|$)`, message: `${folder} and ${others.join(", ")} never import each other.` }]
      : []),
    { regex: `^(${foreign.join("|") || never})(/|$)`, message: `Not a door of ${folder}.` },
    ...(["test", "bench"].includes(folder) ? [] : [speaking]),
  ];
  return { files: [`${folder}/**`], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

export default defineConfig({
  plugins: ["typescript", "import", "react", "unicorn", "oxc"],
  categories: { correctness: "error", suspicious: "off" },
  ignorePatterns: ["lib/store/generated/**", ".next/**", ".vedette/**", "next-env.d.ts", "node_modules/**"],
  rules: {
    "no-debugger": "error",
    "no-var": "error",
    "prefer-const": "error",
    eqeqeq: "error",
    "import/no-cycle": "error",
    "react/no-danger": "error",
    "no-control-regex": "off", // hostile text is full of them
    "react/set-state-in-effect": "off", // the viewer's zone is known only after the first render
    "react/purity": "off", // server components may read the clock: they render once a request
    "typescript/no-explicit-any": "error",
    "unicorn/no-array-sort": "off",
    "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
    "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
    "max-params": ["error", { max: 5 }],
    "no-restricted-globals": "off",
  },
  overrides: [
    ...layers.map(boundary),
    ...composing.map(composition),
    {
      files: ["lib/**", "app/**", "workers/**", "web/**"],
      rules: {
        "no-restricted-properties": [
          "error",
          { object: "process", property: "env", message: "Settings come from lib/config.ts." },
          { object: "Math", property: "random", message: "Use node:crypto." },
        ],
      },
    },
    {
      files: ["lib/detection/**", "lib/query/**", "lib/model/**", "lib/charts/**", "lib/simulate/**"],
      rules: {
        "no-restricted-properties": [
          "error",
          { object: "Date", property: "now", message: "Time is an argument." },
          { object: "Math", property: "random", message: "No chance in a pure layer." },
          { object: "process", property: "env", message: "Settings come from lib/config.ts." },
        ],
      },
    },
    { files: ["lib/config.ts", "lib/log.ts"], rules: { "no-restricted-properties": "off" } },
    {
      files: ["app/**/*.tsx", "test/**", "bench/**"],
      rules: { "max-lines-per-function": ["error", { max: 150, skipBlankLines: true, skipComments: true }] },
    },
    { files: ["test/**"], rules: { "max-lines-per-function": "off", "max-lines": "off" } },
  ],
});
