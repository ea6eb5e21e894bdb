import type { GradeEntry, SchoolEntry } from "../../../src/dashboard/answer";
import { barPicture } from "../charts/barPicture";
import { fill } from "../formats";
import { isOnly, type NameList, nameIn, pickName, type Ready } from "../model";
import { cutSentences } from "../withheldWords";
import { entryName } from "./barsBy";
import { extremes, type Panel, shareOf, told } from "./panel";
import { controlsOf } from "./schoolPanels";

type NeverEntry = (SchoolEntry | GradeEntry) & { readonly name: string | null };

/** Who is not on Clever at all: people of the reports who were active on no day, by school. */
export function neverSchoolPanel(ready: Ready): Panel {
  const { answer, view, texts } = ready;
  const entries = answer.bySchool.map((each) => ({ ...each, name: each.school }));
  const highestFirst = [...entries].sort((a, b) => (shareIn(b) ?? -1) - (shareIn(a) ?? -1));
  return neverPanel(ready, {
    id: "neverSchool",
    title: texts.titleNeverSchool,
    list: "schools",
    column: texts.school,
    entries,
    drawn: view.schoolsShown === 0 ? highestFirst : highestFirst.slice(0, view.schoolsShown),
    controls: controlsOf(ready),
    withheld: cutSentences(ready, answer.withheld.schools),
  });
}

/** The same by grade. */
export function neverGradePanel(ready: Ready): Panel {
  const { answer, texts } = ready;
  const entries = answer.byGrade.map((each) => ({ ...each, name: each.grade }));
  return neverPanel(ready, {
    id: "neverGrade",
    title: texts.titleNeverGrade,
    list: "grades",
    column: texts.grade,
    entries,
    drawn: entries,
    controls: [],
    withheld: cutSentences(ready, answer.withheld.grades),
  });
}

interface NeverParts extends Pick<Panel, "title" | "controls"> {
  readonly id: "neverSchool" | "neverGrade";
  readonly list: NameList;
  readonly column: string;
  readonly entries: readonly NeverEntry[];
  readonly drawn: readonly NeverEntry[];
  readonly withheld: readonly string[];
}

const shareIn = ({ neverActive, users }: NeverEntry) => told(shareOf(neverActive, users));

function neverPanel(ready: Ready, { id, list, column, entries, drawn, ...panel }: NeverParts): Panel {
  const { texts, formats, answer, filter } = ready;
  const nameOf = ({ name }: NeverEntry) => nameIn(texts, list, name);
  const share = (value: number) => formats.share(value);
  const { users } = answer.cards;
  const total = shareOf(answer.neverActive, users.value);
  return {
    ...panel,
    id,
    definition: texts.definitions[id],
    wide: false,
    allResources: true,
    offersOther: entries.every((each) => each.users === null),
    note: fill(
      texts.neverOf,
      formats.shown(answer.neverActive),
      formats.shown(users.value),
      formats.shown(total, share),
    ),
    summary: extremes(
      ready,
      texts.neverActive,
      entries.map((each) => ({ name: nameOf(each), value: shareOf(each.neverActive, each.users) })),
      share,
    ),
    picture: (look) =>
      drawn.length === 0
        ? undefined
        : barPicture(
            {
              names: drawn.map((each) => entryName(nameOf(each), each)),
              picks: drawn.map(({ name }) => pickName(filter, list, name)),
              series: [
                {
                  name: texts.neverActive,
                  colour: look.palette[4] ?? look.text,
                  values: drawn.map(shareIn),
                  labels: drawn.map((each) =>
                    formats.shown(shareOf(each.neverActive, each.users), (value) => formats.share(value)),
                  ),
                },
              ],
            },
            look,
          ),
    table: () => ({
      columns: [
        { title: column, kind: "text" },
        { title: texts.users, kind: "integer" },
        { title: texts.neverActive, kind: "integer" },
        { title: texts.share, kind: "share" },
      ],
      rows: entries.map((each) => ({
        cells: [nameOf(each), each.users, each.neverActive, shareOf(each.neverActive, each.users)],
        pick: pickName(filter, list, each.name),
        picked: isOnly(filter, list, each.name),
        partly: each.partly,
      })),
    }),
  };
}
