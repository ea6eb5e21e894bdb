import { CleverLakeError } from "../basics/errors";

/** Throws `config` if a version of Node.js (`18.20.8`) is older than the range in `package.json` (`>=20.15`) allows. */
export function requireNode(running: string, range: string): void {
  const [major = 0, minor = 0] = running.split(".").map(Number);
  const oldest = range.replace(/^>=/, "");
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new CleverLakeError("config", `Node.js ${running} is too old; ${oldest} is the oldest that works.`, {
    subject: process.execPath,
    hint: "Install a newer one, and check PATH: schedulers often have another one than your shell.",
  });
}
