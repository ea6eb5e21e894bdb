import { html, type TemplateResult } from "lit";
import type { ComparedPeriod, Comparison, People, PeriodUse } from "../../../src/dashboard/answer";
import { periodValue } from "../../../src/dashboard/periodValue";
import { weekLinesChart } from "../charts/weekLinesChart";
import { changeIn, changeText, periodDays, periodNames } from "../comparisonWords";
import { fill } from "../formats";
import { missingSentences, reportName } from "../missingWords";
import type { Ready } from "../model";
import { uncountedSentences } from "../suppressionWords";
import { chosenName, type Panel } from "./panel";

/** Use in two periods, side by side and week by week; undefined if there are none to compare. */
export function periodsPanel(ready: Ready): Panel | undefined {
  const { texts, formats, answer } = ready;
  const { comparison } = answer;
  if (comparison === null) return undefined;
  const { before, now, total } = comparison;
  const names = periodNames(ready, comparison);
  const name = chosenName(ready);
  const { average } = formats;
  const perDay = (period: "before" | "now") =>
    formats.shown(periodValue(comparison[period], total[period].personDaysPerDay, true), average);
  const weeks = Math.max(before.weeklyPersonDaysPerDay.length, now.weeklyPersonDaysPerDay.length);
  return {
    id: "periods",
    title: name === "" ? texts.titlePeriods : fill(texts.titlePeriodsOf, name),
    definition: texts.definitions.periods,
    report: "resourceUsage",
    wide: true,
    lead: sideBySide(ready, comparison),
    caption: [
      ...(weeks > 1 ? [texts.weeksCaption] : []),
      ...(hasEqualDays(comparison) ? [] : [notCompared(ready)]),
    ].join(" "),
    // This period's suppressed numbers are stated for the whole page.
    footnotes: [...missingSentences(ready, before.missing), ...uncountedSentences(ready, before.uncounted)],
    summary: fill(
      texts.periodsSummary,
      names[0],
      perDay("before"),
      names[1],
      perDay("now"),
      changeText(ready, total),
    ),
    chart: (look) =>
      weekLinesChart(
        Array.from({ length: weeks }, (_, week) => fill(texts.weekNumber, week + 1)),
        [
          { name: names[0], colour: look.quiet, values: before.weeklyPersonDaysPerDay, dashed: true },
          { name: names[1], colour: look.palette[0] ?? look.text, values: now.weeklyPersonDaysPerDay },
        ],
        { tick: formats.tick, minInterval: 0 },
        (value) => formats.shown(value, average),
        look,
      ),
    table: () => ({
      columns: [
        { title: texts.week, kind: "text" },
        ...names.map((title) => ({ title, kind: "decimal" as const })),
      ],
      rows: [
        {
          cells: [
            texts.usePerDay,
            periodValue(before, total.before.personDaysPerDay, true),
            periodValue(now, total.now.personDaysPerDay, true),
          ],
        },
        ...Array.from({ length: weeks }, (_, week) => ({
          cells: [
            fill(texts.weekNumber, week + 1),
            before.weeklyPersonDaysPerDay[week] ?? undefined,
            now.weeklyPersonDaysPerDay[week] ?? undefined,
          ],
        })),
      ],
    }),
  };
}

/** Whether both periods have the same number of compared days: distinct people grow with the days. */
const hasEqualDays = ({ before, now }: Comparison) => before.comparedDays === now.comparedDays;

const notCompared = ({ texts }: Ready) => fill(texts.distinctNotCompared, reportName(texts, "resourceUsage"));

/** The numbers of both periods in a table, with their changes. */
function sideBySide(ready: Ready, comparison: Comparison): TemplateResult {
  const { texts, formats } = ready;
  const { before, now, total } = comparison;
  const names = periodNames(ready, comparison);
  const { average } = formats;
  const equalDays = hasEqualDays(comparison);
  const use = (title: string, of: (use: PeriodUse) => People, format = average, isComparable = true) => {
    const [was, is] = [of(total.before), of(total.now)];
    const change = typeof was === "number" && typeof is === "number" ? changeIn(ready, was, is) : "–";
    const shown = (period: ComparedPeriod, value: People) =>
      period.schoolDays === 0 ? texts.noSchoolDay : formats.shown(periodValue(period, value, true), format);
    return html`<tr>
      <th scope="row">${title}</th>
      <td>${shown(before, was)}</td>
      <td>${shown(now, is)}</td>
      ${
        isComparable
          ? html`<td class="strong">${change}</td>`
          : html`<td title=${notCompared(ready)}>${texts.notComparable}</td>`
      }
    </tr>`;
  };
  return html`<div class="table-scroll plain" tabindex="0" role="group" aria-label=${texts.titlePeriods}>
    <table class="side-by-side">
      <thead><tr>
        <td></td>
        ${[before, now].map(
          (period, at) =>
            html`<th scope="col"><bdi>${names[at]}</bdi><span class="quiet">${periodDays(ready, period)}</span></th>`,
        )}
        <th scope="col">${texts.change}</th>
      </tr></thead>
      <tbody>
        ${use(texts.usePerDay, ({ personDaysPerDay }) => personDaysPerDay)}
        ${use(texts.accessesPerDay, ({ accessesPerDay }) => accessesPerDay)}
        ${use(texts.usersOfPeriod, ({ users }) => users, formats.integer, equalDays)}
      </tbody>
    </table>
  </div>`;
}
