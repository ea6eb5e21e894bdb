import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { darkPalette, lightPalette, luminance, textOn } from "../../media/dashboard/charts/colours";
import { formatsOf, inTwoLines } from "../../media/dashboard/formats";
import { CleverLakeError } from "../../src/basics/errors";
import { csvOf } from "../../src/dashboard/export/csv";
import { dashboardHtml } from "../../src/dashboard/export/dashboardHtml";
import { dashboardTexts } from "../../src/dashboard/export/texts";
import { openingView } from "../../src/dashboard/export/view";
import { parseViewLink, viewLink } from "../../src/dashboard/export/viewLink";
import { openingFilter } from "../../src/dashboard/filter";
import type { ToPage } from "../../src/protocol/dashboard";
import { DashboardSession } from "../../src/ui/dashboard/DashboardSession";
import { FakeDashboardSource, fakeAnswer, hostileNames } from "../helpers/fakeDashboard";

const contrast = (one: string, other: string) => {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};

describe("colours", () => {
  test.each([
    ["light", lightPalette, ["#ffffff", "#f7f7f7"]],
    ["dark", darkPalette, ["#1f1f1f", "#000000", "#252526"]],
  ] as const)(
    "of the %s palette contrast with their backgrounds, and so do texts on them",
    (_, palette, grounds) => {
      expect(palette).toHaveLength(8);
      for (const colour of palette) {
        for (const ground of grounds)
          expect(contrast(colour, ground), `${colour} on ${ground}`).toBeGreaterThanOrEqual(3);
        expect(contrast(colour, textOn(colour)), colour).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  test.each([
    ["light", lightPalette],
    ["dark", darkPalette],
  ] as const)("of the %s palette can be distinguished with colour vision deficiency", (_, palette) => {
    for (const kind of ["normal", "protanopia", "deuteranopia", "tritanopia"] as const) {
      palette.forEach((one, at) => {
        palette.slice(at + 1).forEach((other) => {
          // Within stacks of the usual length, no two colours may be confused; beyond that, no two neighbours.
          const close = palette.indexOf(other) < 5 || palette.indexOf(other) - at === 1;
          expect(difference(one, other, kind), `${one} ${other} ${kind}`).toBeGreaterThan(close ? 10 : 5);
        });
      });
    }
  });
});

test("numbers have as many digits as their kind needs, on an axis only those that differ", () => {
  const formats = formatsOf(
    dashboardTexts((text) => text, "en"),
    10,
  );
  expect([0, 2, 9.5, 16.84, 999.96, 1234.5].map((value) => formats.average(value))).toEqual([
    "0",
    "2.00",
    "9.50",
    "16.8",
    "1,000.0",
    "1,235",
  ]);
  expect([0, 0.95, 0.9674].map((value) => formats.share(value))).toEqual(["0.0%", "95.0%", "96.7%"]);
  expect([0, 0.5, 2, 500, 9_000, 18_000, 57_900, 1_250_000].map((value) => formats.tick(value))).toEqual([
    "0",
    "0.5",
    "2",
    "500",
    "9K",
    "18K",
    "57.9K",
    "1.25M",
  ]);
  expect([0, 0.0025, 0.2].map((value) => formats.shareTick(value))).toEqual(["0%", "0.25%", "20%"]);
});

test.each([
  ["Lincoln High", 20, "Lincoln High"],
  ["Washington Middle School", 20, "Washington Middle\nSchool"],
  ["Washington Middle School of Arts and Sciences", 20, "Washington Middle\nSchool of Arts and Sciences"],
  ["Llanfairpwllgwyngyllgogerychwyrndrobwll", 20, "Llanfairpwllgwyngyllgogerychwyrndrobwll"],
  [" Washingtonmiddleschoolofarts", 20, " Washingtonmiddleschoolofarts"],
])("the name %j next to a bar of %i letters is %j", (name, letters, label) => {
  expect(inTwoLines(name, letters)).toBe(label);
});

describe("a link to a view", () => {
  const page = "vscode://clever-lake.clever-lake/dashboard";
  const filter = {
    ...openingFilter,
    schools: [...hostileNames, null],
    range: { from: "2026-09-01", to: "2026-09-30" },
  };

  test("is parsed, even with the characters that a mail adds", () => {
    const link = viewLink(page, { filter, question: null });
    expect(parseViewLink(link)).toEqual({ filter, question: null });
    const view = { filter, question: "appUse" } as const;
    expect(parseViewLink(`Look at this:\r\n  ${viewLink(page, view)}  \r\nGreetings`)).toEqual(view);
    // A later version may have more questions.
    expect(parseViewLink(`${link}&question=whoKnows`)).toEqual({ filter, question: null });
    // Programs differ in what they escape and in what ends a link.
    expect(link.slice(page.length)).toMatch(/^\?filter=[\w-]+$/);
  });

  test.each([
    "",
    "hello",
    `${page}?filter=`,
    `${page}?filter=e30`,
    `${page}?filter=bnVsbA`,
    `${page}?filter=%7B%7D`,
  ])("is not found in %j", (text) => expect(parseViewLink(text)).toBeUndefined());
});

describe("CSV", () => {
  test("is read back unchanged, except for cells that a spreadsheet would calculate", () => {
    const cell = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(...hostileNames, "\t=1", "\n+1", " @a", "＝1"),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, fc.double({ noNaN: true, noDefaultInfinity: true })), { minLength: 1 }),
        (rows) => {
          const back: string[][] = parse(csvOf(["a", "b", "c"], rows), { bom: true });
          rows.forEach(([one, other, number], at) => {
            const [left = "", right = "", third = ""] = back[at + 1] ?? [];
            for (const [given, got] of [
              [one, left],
              [other, right],
            ] as const) {
              expect([given, `'${given}`]).toContain(got);
              expect(got).not.toMatch(/^[\s\p{Cc}]*[=+\-@＝＋－＠]/u);
            }
            expect(Number(third)).toBe(number === 0 ? 0 : number);
          });
        },
      ),
    );
  });

  test("keeps negative numbers as numbers", () => {
    expect(csvOf(["a"], [[-3], [null], ["-3"]])).toBe('\ufeff"a"\r\n-3\r\n\r\n"\'-3"\r\n');
  });
});

describe("an exported page", () => {
  const texts = dashboardTexts((text) => text, "en");
  const frozen = {
    answer: fakeAnswer(openingFilter, { hostile: true }),
    view: openingView,
    texts,
    district: "",
  };

  test("encodes its data so that no parser misreads it, and allows no requests", () => {
    const html = dashboardHtml({ script: "run()\n//# sourceMappingURL=x.js.map\n", styles: "a{}" }, frozen);
    const block = /<script type="application\/json" id="frozen">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(JSON.parse(block)).toEqual(JSON.parse(JSON.stringify(frozen)));
    expect(block).not.toMatch(/[<>&\u2028\u2029]/);
    expect(html).toContain("default-src 'none'; script-src 'sha256-");
    expect(html).not.toContain("unsafe");
    expect(html).not.toContain("sourceMappingURL");
    expect(html).not.toMatch(/<[^>]*\s(src|href)=/);
  });

  test("is not created from a bundle that would end its element", () => {
    expect(() => dashboardHtml({ script: "'</script>'", styles: "" }, frozen)).toThrow(TypeError);
  });
});

describe("a session", () => {
  const start = (source = new FakeDashboardSource()) => {
    const posted: ToPage[] = [];
    const session = new DashboardSession(source, (message) => posted.push(message));
    return { source, posted, session, types: () => posted.map(({ type }) => type) };
  };

  test("drops the answer of a replaced query", async () => {
    const { session, source, posted } = start();
    let open = () => {};
    source.gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = session.handle({ type: "ask", question: 1, filter: openingFilter });
    const second = session.handle({
      type: "ask",
      question: 2,
      filter: { ...openingFilter, schools: ["Roosevelt High"] },
    });
    open();
    await Promise.all([first, second]);
    expect(source.aborted).toBe(1);
    const answers = posted.filter((message) => message.type === "answer");
    expect(answers.map(({ question }) => question)).toEqual([2]);
    expect(session.answer?.filter.schools).toEqual(["Roosevelt High"]);
  });

  test("gives a restored page its charts, and says if newer ones are coming", async () => {
    const { session, source, posted, types } = start();
    await session.refresh();
    posted.length = 0;
    await session.handle({ type: "ready" });
    expect(types()).toEqual(["answer"]);
    source.gate = new Promise(() => {});
    void session.refresh();
    posted.length = 0;
    await session.handle({ type: "ready" });
    expect(types()).toEqual(["answer", "loading"]);
    session.dispose();
  });

  test("computes for a hidden page only when it is shown again", async () => {
    const { session, source, posted, types } = start();
    await session.refresh();
    source.gate = new Promise(() => {});
    void session.refresh();
    await expect.poll(() => source.asked.length).toBe(2);
    // The tables change repeatedly, the first time during a query.
    session.refreshWhenShown();
    session.refreshWhenShown();
    expect(source.aborted).toBe(1);
    source.gate = undefined;
    posted.length = 0;
    await session.handle({ type: "ready" });
    expect(types()).toEqual(["answer", "loading", "loading", "answer"]);
    expect(source.asked).toHaveLength(3);
    await session.handle({ type: "ready" });
    expect(source.asked).toHaveLength(3);
  });

  test("reports an error, and then has no answer to export", async () => {
    const { session, source, posted } = start();
    source.failing = new CleverLakeError("engine", "It is gone.", { hint: "Try again." });
    await session.refresh();
    expect(posted.at(-1)).toMatchObject({
      type: "failed",
      message: expect.stringContaining("It is gone."),
      fix: "retry",
    });
    expect(session.answer).toBeUndefined();
    source.failing = undefined;
    source.empty = true;
    await session.handle({ type: "retry" });
    expect(posted.at(-1)?.type).toBe("empty");
  });

  test("sends nothing after it was disposed", async () => {
    const { session, source, posted } = start();
    const done = vi.fn();
    source.gate = new Promise((resolve) => setImmediate(resolve));
    const asking = session.refresh().then(done);
    session.dispose();
    await asking;
    expect(posted.map(({ type }) => type)).toEqual(["loading"]);
  });
});

/** The distance of two colours (CIE76), as seen with a type of colour blindness (Machado 2009, complete). */
function difference(one: string, other: string, kind: keyof typeof seen): number {
  const [a, b] = [lab(one, kind), lab(other, kind)];
  return Math.hypot(...a.map((part, at) => part - (b[at] ?? 0)));
}

const seen = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
} as const;

function lab(colour: string, kind: keyof typeof seen): readonly number[] {
  const rgb = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const times = (matrix: readonly number[], vector: readonly number[]) =>
    [0, 3, 6].map((row) => vector.reduce((sum, part, at) => sum + part * (matrix[row + at] ?? 0), 0));
  const xyz = times(
    [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041],
    times(seen[kind], rgb).map((part) => Math.max(0, Math.min(1, part))),
  );
  const [x = 0, y = 0, z = 0] = [0.95047, 1, 1.08883].map((white, at) => {
    const part = (xyz[at] ?? 0) / white;
    return part > 216 / 24389 ? Math.cbrt(part) : ((24389 / 27) * part + 16) / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
