import { createRequire } from "node:module";
import path from "node:path";
import * as z from "zod";
import { verifiedPackage } from "../../scripts/verifiedPackage";
import { leftOut } from "./installed";

/** Microsoft's own parser for Power Query's M language, and its dependencies. */
const parser = {
  name: "@microsoft/powerquery-parser",
  version: "2.0.0",
  integrity:
    "sha512-04SZYJub4WgGtKfVGt4AxOLNuwSvkNzlcpUoP1PE59YYkkPsls1HNcxC5cNVVa82O8c8mcpGxt8raqkUlOpPUA==",
};
const needed = [
  {
    name: "grapheme-splitter",
    version: "1.0.4",
    integrity:
      "sha512-bzh50DW9kTPM00T8y4o8vQg89Di9oLJVLW/KaOGIXJWP/iqCN6WKYkbNOF04vFLJhwcpYUh9ydh/+5vpOqV4YQ==",
  },
  {
    name: "performance-now",
    version: "2.1.0",
    integrity:
      "sha512-7EAHlyLHI56VEIdK57uwHdHKIaAGbnXPiw0yWbarQZOKaKpvUIgW0jWRVLiatnM+XXlSwsanIBH/hzGMJulMow==",
  },
];

const root = path.resolve(import.meta.dirname, "..", "..");

/** One of its functions, whose types are not available here. */
const callable = z.custom<(...values: readonly unknown[]) => unknown>((value) => typeof value === "function");
const library = z.object({
  DefaultSettings: z.unknown(),
  TaskUtils: z.object({ tryLexParse: callable, isParseStageOk: callable }),
});

/** Returns whether an M query parses; installed once in the project's `.cache`; undefined, with a warning, if unavailable. */
export async function powerQueryParser(): Promise<((text: string) => Promise<boolean>) | undefined> {
  try {
    const folder = await verifiedPackage(root, parser, needed);
    const { DefaultSettings, TaskUtils } = library.parse(createRequire(import.meta.url)(folder));
    return async (text) =>
      z.boolean().parse(TaskUtils.isParseStageOk(await TaskUtils.tryLexParse(DefaultSettings, text)));
  } catch (error) {
    return leftOut("the check of M by Microsoft's parser. It needs npm's registry.", error);
  }
}
