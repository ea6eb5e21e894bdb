import { html, type TemplateResult } from "lit";
import { dayNumber } from "../../src/basics/calendar";
import type { LicenceEntry } from "../../src/dashboard/answer";
import { dataTableView } from "./dataTableView";
import { fill, isolated, localDay } from "./formats";
import { orUnknown } from "./missingWords";
import type { Ready } from "./model";
import { type DataTable, drawable, picking, shareOf, tableOf } from "./panels/panel";
import { exportView, partView } from "./partView";

/** A licence that ends within this many days is highlighted. */
const daysBeforeEnd = 60;

/** The paid resources: their users, and the cost per user. */
export function licencesView(ready: Ready): TemplateResult | undefined {
  const { texts, answer } = ready;
  const { licences } = answer;
  if (licences === null) return undefined;
  const title = texts.titleLicences;
  const part = { id: "licences", title, definition: texts.definitions.licences, wide: true };
  const table = licenceTable(ready, licences);
  return partView(
    ready,
    part,
    html`<p class="quiet note">${countText(ready, licences)}</p>`,
    exportView(ready, part, () => table),
    dataTableView(ready, title, table, ""),
  );
}

/**
 * The number of licences, and the number of those without users, of all people or of those who are counted. Those that
 * the data does not have are counted separately: they may be misspelt.
 */
export function countText({ texts, formats }: Ready, licences: readonly LicenceEntry[]): string {
  const unused = licences.filter(({ isKnown, users }) => isKnown && users === 0).length;
  const unknown = licences.filter(({ isKnown }) => !isKnown).length;
  const text = licences.some(({ partly }) => partly) ? texts.licencesOfCounted : texts.licencesOf;
  const counts = fill(text, formats.integer(licences.length), formats.integer(unused));
  return unknown === 0 ? counts : fill(texts.licencesNotInData, counts, formats.integer(unknown));
}

/** The cost per user; undefined if nobody used it, or an unknown number of people. */
function costPerUser({ cost, users }: LicenceEntry): number | undefined {
  const count = drawable(users);
  return cost === null || count === null || count === 0 ? undefined : cost / count;
}

function remarkOf(
  { texts, formats, answer }: Ready,
  { isKnown, nearest, users, end, partly }: LicenceEntry,
): string {
  const remarks: string[] = [];
  if (!isKnown) {
    const names = formats.list(nearest.map(isolated));
    remarks.push(nearest.length > 0 ? fill(texts.nearestNames, names) : texts.notInData);
  } else if (users === 0) remarks.push(partly ? texts.notUsedByCounted : texts.notUsed);
  const left = end === null ? undefined : dayNumber(end) - dayNumber(localDay(answer.computed));
  if (left !== undefined && left < 0) remarks.push(texts.hasEnded);
  else if (left === 0) remarks.push(texts.endsToday);
  else if (left === 1) remarks.push(texts.endsTomorrow);
  else if (left !== undefined && left <= daysBeforeEnd)
    remarks.push(fill(texts.endsSoon, formats.integer(left)));
  return remarks.join(" · ");
}

export function licenceTable(ready: Ready, licences: readonly LicenceEntry[]): DataTable {
  const { texts, answer, filter } = ready;
  const usersOf = ({ users }: LicenceEntry) => orUnknown(answer, users);
  return tableOf(
    licences,
    [
      { title: texts.resource, kind: "text", cell: ({ resource }) => resource },
      { title: texts.users, kind: "integer", cell: usersOf },
      { title: texts.seats, kind: "integer", cell: ({ seats }) => seats ?? undefined },
      {
        title: texts.seatsUsed,
        kind: "share",
        cell: (entry) => (entry.seats ? shareOf(ready, usersOf(entry), entry.seats) : undefined),
      },
      { title: texts.cost, kind: "decimal", cell: ({ cost }) => cost ?? undefined },
      { title: texts.costPerUser, kind: "decimal", cell: costPerUser },
      { title: texts.licenceEnd, kind: "date", cell: ({ end }) => end ?? undefined },
      { title: texts.remark, kind: "text", cell: (entry) => remarkOf(ready, entry) },
    ],
    ({ resource, isKnown, partly }) => {
      const { pick, picked } = picking(filter, "resources", resource);
      return { pick: isKnown ? pick : undefined, picked, partly };
    },
  );
}
