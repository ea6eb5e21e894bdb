import { describe, expect, it } from "vitest";
import { PreviewFile } from "../../src/engine/server/previewFile";
import { previewColumns, shownRows } from "../../src/engine/server/previewMask";
import { countLineEnds, lastRecordEnd } from "../../src/engine/server/recordEnd";

const path = "daily-participation/2025-08-25-daily-participation-students.csv";
const header =
  "date,sis_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed\n";
const row = (n: number, date = "2025-08-25") =>
  `${date},sis${n},user${n},school1,"First, School",true,${n % 9},1\n`;
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n)).join("");
const never = new AbortController().signal;

/** A preview of a text, and the parts that were read. */
function previewOf(text: string, name = path) {
  const bytes = Buffer.from(text);
  const reads: [number, number][] = [];
  const file = new PreviewFile(name, bytes.length);
  const more = (length: number) =>
    file.more(
      (start, count) => {
        reads.push([start, count]);
        return Promise.resolve(bytes.subarray(start, start + count));
      },
      length,
      never,
    );
  return { file, more, reads };
}

describe("the preview of a report", () => {
  it("reads only the first part and cuts it at the last whole record", async () => {
    const text = header + rows(1000);
    const { file, more, reads } = previewOf(text);
    await more(10_000);
    expect(reads).toEqual([[0, 10_000]]);
    expect(file.truncated).toBe(true);
    expect(file.bytesRead).toBe(text.lastIndexOf("\n", 9_999) + 1);
    expect(file.rows.length).toBe(text.slice(0, file.bytesRead).split("\n").length - 2);
    expect(file.rows.at(-1)?.problem).toBeUndefined();
  });

  it("continues with the same rows and lines as reading all at once", async () => {
    const text = [
      header,
      rows(300),
      row(301).replace("sis301", '"two\r\nlines"'),
      rows(200),
      "bad row\n",
    ].join("");
    const whole = previewOf(text);
    await whole.more(text.length);
    const { file, more, reads } = previewOf(text);
    for (let n = 0; n < 100 && (n === 0 || file.truncated); n++) await more(777);
    expect(file.rows).toEqual(whole.file.rows);
    expect(file.rows.at(-1)).toMatchObject({ line: 504, problem: { line: 504 } });
    // The part that is read twice is shorter than a record.
    expect(reads.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(text.length * 1.2);
    await more(1000);
    expect(file.rows).toHaveLength(502);
  });

  it.each(["", "\ufeff \r\n\n"])(
    "shows a report without content as one without rows, as a run reads it: %j",
    async (text) => {
      const { file, more } = previewOf(text);
      await more(1000);
      expect(file).toMatchObject({ problem: undefined, rows: [], truncated: false });
    },
  );

  it("says that an empty file with another name is empty", async () => {
    const { file, more } = previewOf("", "notes.csv");
    await more(1000);
    expect(file.problem?.reason).toMatch(/empty/);
    expect(file).toMatchObject({ rows: [], truncated: false });
  });

  it("survives an endless line and an unclosed quote", async () => {
    const long = previewOf(`${header}${row(1)}${"x".repeat(300_000)}`);
    await long.more(100_000);
    expect(long.file.rows).toHaveLength(1);
    await long.more(100_000);
    expect(long.file.rows).toHaveLength(1);
    expect(long.file.truncated).toBe(true);
    await long.more(200_000);
    expect(long.file.rows).toHaveLength(2);
    expect(long.file.rows[1]?.problem?.reason).toMatch(/1 cells where the header has 8/);
    expect(long.file.truncated).toBe(false);

    const open = previewOf(`${header}${row(1)}2025-08-25,"sis2,open\n${rows(5000)}`);
    await open.more(200_000);
    expect(open.file.rows.length).toBeGreaterThan(2000);
    expect(open.file.rows[1]?.problem?.reason).toMatch(/quote/);
    expect(open.file.rows[3]?.problem).toBeUndefined();

    const noLine = previewOf("x".repeat(500_000));
    await noLine.more(100_000);
    expect(noLine.file.problem?.reason).toMatch(/too long/);
  });

  it("resolves ambiguous dates only if the whole file has been seen", async () => {
    const text = header + row(1, "03/04/2025") + row(2, "05/06/2025");
    const part = previewOf(`${text}${rows(100)}${row(3, "25/08/2025")}`);
    await part.more(1000);
    expect(part.file.rows.filter(({ problem }) => problem)).toEqual([]);
    await part.more(100_000);
    expect(part.file.rows.filter(({ problem }) => problem)).toEqual([]);
    const unclear = previewOf(text);
    await unclear.more(100);
    await unclear.more(1000);
    expect(unclear.file.rows.map(({ problem }) => problem?.column)).toEqual(["date", "date"]);
  });

  it("recognizes a report under another name by its header, and other files as not a report", async () => {
    const named = previewOf(header + row(1), "anything.csv");
    await named.more(1000);
    expect(named.file.report?.name).toBe("daily_participation");
    const none = previewOf("a,b\n1,2\n", "anything.csv");
    await none.more(1000);
    expect(none.file.problem?.reason).toMatch(/no header of one of Clever's/);
  });

  it("masks identities, unknown columns, and cells that may be shifted", async () => {
    const text = [
      `${header.trim()},nickname\n`,
      "2025-08-25,sis1,user1,school1,First,true,1,1,Bo\n",
      "sis2,user2,school1,First,true,1,1,2025-08-25,Bo\n",
      "2025-08-25,sis3,user3\n",
    ];
    const { file, more } = previewOf(text.join(""));
    await more(10_000);
    if (!file.header) throw new Error("No header.");
    expect(previewColumns(file.header, file.rows).filter(({ identity }) => identity)).toMatchObject([
      { name: "sis_id", reportColumn: "sis_id" },
      { name: "clever_user_id", reportColumn: "clever_user_id" },
      { name: "nickname", reportColumn: null },
    ]);
    const masked = shownRows(file.rows, file.header, false);
    const revealed = shownRows(file.rows, file.header, true);
    expect(masked.map(({ cells }) => cells)).toEqual([
      ["2025-08-25", null, null, "school1", "First", "true", "1", "1", null],
      [null, null, null, null, null, null, "1", null, null],
      [null, null, null],
    ]);
    expect(revealed[0]?.cells).toEqual([
      "2025-08-25",
      "sis1",
      "user1",
      "school1",
      "First",
      "true",
      "1",
      "1",
      "Bo",
    ]);
    expect(revealed[2]?.cells).toEqual(["2025-08-25", "sis3", "user3"]);
    expect(JSON.stringify(masked)).not.toMatch(/sis|user|Bo/);
  });

  it("hides headers of unknown columns that do not look like names", async () => {
    const { file, more } = previewOf(
      `${header.trim()},Homeroom,"Emma, 3b",Emma\n${row(1).replace("sis1", "emma").trim()},a,b,c\n`,
    );
    await more(10_000);
    if (!file.header) throw new Error("No header.");
    const names = previewColumns(file.header, file.rows).map(({ name }) => name);
    expect(names.slice(7)).toEqual(["num_resources_accessed", "Homeroom", "", ""]);
  });

  it("refuses a file whose header line contains a row", async () => {
    const { file, more } = previewOf(`${header.trim()},${row(1)}${row(2)}`);
    await more(10_000);
    expect(file.header).toBeUndefined();
    expect(file.problem).toEqual({
      line: 1,
      column: undefined,
      reason: "The header line contains data or a line break.",
    });
  });

  it("masks an id of the page in any cell, and no other text", async () => {
    const text = [
      header,
      "2025-08-25,sis1,user1,school1,First,true,1,1\n",
      "2025-08-25,,,sis1,user1,true,1,1\n",
      "2025-08-25,,sis1,user1,school1,true,1,1\n",
      "2025-08-25,1,app,1,app,true,1,1\n",
    ];
    const { file, more } = previewOf(text.join(""));
    await more(10_000);
    if (!file.header) throw new Error("No header.");
    const masked = shownRows(file.rows, file.header, false);
    const revealed = shownRows(file.rows, file.header, true);
    expect(masked.map(({ cells }) => cells.slice(3, 5))).toEqual([
      ["school1", "First"],
      [null, null],
      [null, "school1"],
      ["1", "app"],
    ]);
    expect(revealed[1]?.cells.slice(3, 5)).toEqual(["sis1", "user1"]);
  });

  it("masks a text of which a part identifies a person", async () => {
    const usage =
      "date,sis_id,clever_user_id,clever_school_id,school_name,resource_type,resource_name,resource_id,num_access\n";
    const names = ["https://x.org/?student=98765", "Portfolio 4711815", "Grade 12 Math", "amy@example.org"];
    const lines = names.map((name) => `2025-08-25,4711815,user1,school1,North,app,${name},r,1\n`);
    const { file, more } = previewOf(
      usage + lines.join(""),
      path.replaceAll("daily-participation", "resource-usage"),
    );
    await more(10_000);
    if (!file.header) throw new Error("No header.");
    const masked = shownRows(file.rows, file.header, false);
    const revealed = shownRows(file.rows, file.header, true);
    expect(masked.map(({ cells }) => cells[6])).toEqual([null, null, "Grade 12 Math", null]);
    expect(revealed.map(({ cells }) => cells[6])).toEqual(names);
  });

  it("stops at a hundred thousand rows", async () => {
    const { file, more } = previewOf(header + "2025-08-25,1,1,1,1,true,1,1\n".repeat(100_500));
    await more(10_000_000);
    expect(file.rows).toHaveLength(100_000);
    expect(file.full).toBe(true);
  });
});

describe("the end of the last record", () => {
  it.each([
    ["", 0],
    ["a,b", 0],
    ["a,b\nc", 4],
    ["a,b\r\nc", 5],
    ["a,b\rc", 4],
    ["a,b\r", 0],
    ['a,"b\nc', 0],
    ['a\n"b\nc"\nd', 8],
  ])("%j: %i", (text, end) => {
    expect(lastRecordEnd(Buffer.from(text))).toBe(end);
  });

  it("counts line ends", () => {
    expect(countLineEnds(Buffer.from("a\nb\r\nc\rd\n"))).toBe(4);
  });
});
