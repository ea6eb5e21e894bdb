import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { changesDefinitions } from "../../src/dashboard/changes/changes";

const root = path.join(__dirname, "..", "..");
const json = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(path.join(root, file), "utf8"));

/** The texts that the extension passes to `vscode.l10n.t`, those of its pages through a parameter. */
function textsOfCode(): string[] {
  return ["src/ui", "src/dashboard/export", "src/protocol"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => {
        const code = readFileSync(path.join(root, folder, file), "utf8");
        return [...code.matchAll(/\bt\(\s*("(?:[^"\\]|\\.)*")/g)].map(
          ([, text]) => JSON.parse(text ?? '""') as string,
        );
      }),
  );
}

const placeholders = (text: string) => (text.match(/\{\d\}/g) ?? []).sort();

test("every text in the code has a Spanish translation, with the same placeholders and icons", () => {
  const spanish = json("l10n/bundle.l10n.es.json");
  const texts = [...new Set([...textsOfCode(), ...Object.values(changesDefinitions)])].sort();
  expect(texts.length).toBeGreaterThan(100);
  expect(Object.keys(spanish).sort()).toEqual(texts);
  for (const [english, translated] of Object.entries(spanish)) {
    expect(placeholders(translated)).toEqual(placeholders(english));
    expect(translated.match(/\$\([^)]*\)/g)).toEqual(english.match(/\$\([^)]*\)/g));
  }
});

test("the manifest's texts exist in both languages, without unused ones", () => {
  const manifest = readFileSync(path.join(root, "package.json"), "utf8");
  const used = [...new Set([...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key))].sort();
  expect(Object.keys(json("package.nls.json")).sort()).toEqual(used);
  expect(Object.keys(json("package.nls.es.json")).sort()).toEqual(used);
});
