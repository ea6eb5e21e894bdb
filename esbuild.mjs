// Bundles the program's entry points. The native DuckDB binding stays outside the bundle.
import { build } from "esbuild";

const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // cpu-features and sshcrypto.node are optional native helpers of ssh2, found at run time where they exist.
  external: ["@duckdb/node-api", "cpu-features", "ssh2", "vscode"],
  sourcemap: true,
  logLevel: "warning",
  legalComments: "none",
};

await build({
  ...shared,
  entryPoints: { cli: "src/cli.ts" },
  outdir: "dist",
  banner: { js: "#!/usr/bin/env node" },
});
