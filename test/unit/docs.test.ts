import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { scripts } from "../../package.json";
import { markdownPages, projectFolder } from "../helpers/markdown";

const pages = markdownPages();

/** The file and heading of a link on a page; undefined if it leaves the project. */
function target(file: string, link: string) {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [place = "", heading] = decodeURIComponent(link).split("#");
  return { file: place === "" ? file : path.posix.join(path.posix.dirname(file), place), heading };
}

function isBroken(file: string, link: string): boolean {
  const to = target(file, link);
  if (to === undefined) return false;
  if (!existsSync(path.join(projectFolder, to.file))) return true;
  return to.heading !== undefined && !pages.find((page) => page.file === to.file)?.anchors.has(to.heading);
}

test("every link in the documentation leads to an existing file and heading", () => {
  const broken = pages.flatMap(({ file, links }) =>
    links.filter((link) => isBroken(file, link)).map((link) => `${file}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test.each(["README.md", "docs/README.md"])("%s links to every page of docs", (from) => {
  const links = pages.find(({ file }) => file === from)?.links ?? [];
  const linked = new Set(links.map((link) => target(from, link)?.file));
  const docs = pages.map(({ file }) => file).filter((file) => /^docs\/(?!README)/.test(file));
  expect(docs.length).toBeGreaterThan(10);
  expect(docs.filter((file) => !linked.has(file))).toEqual([]);
});

test("every npm script in the documentation exists", () => {
  const named = pages.flatMap(({ file, code }) =>
    code.flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run ([\w:]+)|(test|start)\b)/g)].map(([, script, short]) => ({
        file,
        script: script ?? short ?? "",
      })),
    ),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
});

test("README has the disclaimer of affiliation", () => {
  const text = readFileSync(path.join(projectFolder, "README.md"), "utf8");
  expect(text).toContain("not affiliated with Clever, Microsoft");
});
