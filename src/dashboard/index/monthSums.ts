import { lowestBit } from "../calendar";
import { type Dictionary, nobody, type Seats } from "./dictionary";
import type { MonthSegment, MonthUse } from "./participationIndex";

/** The rows of a month's daily participation, with the seats of their people and their days of the month, from 0. */
interface Attended {
  readonly seat: Uint32Array;
  readonly day: Uint8Array;
  readonly active: Uint8Array;
  readonly logins: Float64Array;
  readonly hasLogins: Uint8Array;
  readonly resources: Float64Array;
  readonly hasResources: Uint8Array;
}

/** The rows of a month's resource usage. */
interface Accessed {
  readonly seat: Uint32Array;
  readonly resource: Uint32Array;
  readonly day: Uint8Array;
  readonly accesses: Float64Array;
}

const monthDays = 31;

/** Sums of daily participation, in the order of a segment. */
export function attendanceSums(rows: Attended, seats: Seats, { cohorts, members }: Dictionary) {
  const present = new Uint32Array(members.person.length);
  const active = new Uint32Array(present.length);
  const length = cohorts.length * monthDays;
  const sums = {
    rows: new Uint32Array(length),
    present: new Uint32Array(length),
    active: new Uint32Array(length),
    logins: new Float64Array(length),
    loginRows: new Uint32Array(length),
    resources: new Float64Array(length),
    resourceRows: new Uint32Array(length),
  };
  for (let row = 0; row < rows.seat.length; row++) {
    const seat = rows.seat[row] as number;
    const day = rows.day[row] as number;
    const member = seats.member[seat] as number;
    const cell = (seats.cohort[seat] as number) * monthDays + day;
    if (member !== nobody) {
      sums.present[cell] = (sums.present[cell] as number) + mark(present, member, day);
      if (rows.active[row] === 1)
        sums.active[cell] = (sums.active[cell] as number) + mark(active, member, day);
    }
    sums.rows[cell] = (sums.rows[cell] as number) + 1;
    sums.logins[cell] = (sums.logins[cell] as number) + (rows.logins[row] as number);
    sums.loginRows[cell] = (sums.loginRows[cell] as number) + (rows.hasLogins[row] as number);
    sums.resources[cell] = (sums.resources[cell] as number) + (rows.resources[row] as number);
    sums.resourceRows[cell] = (sums.resourceRows[cell] as number) + (rows.hasResources[row] as number);
  }
  const member = placesOf(present);
  const cell = placesOf(sums.rows);
  const take = (places: Uint32Array<ArrayBuffer>, list: Uint32Array) =>
    places.map((place) => list[place] as number);
  const sumsOf = (list: Float64Array) => Float64Array.from(cell, (place) => list[place] as number);
  return {
    attendance: { member, present: take(member, present), active: take(member, active) },
    attendanceCells: {
      cohort: cell.map((each) => Math.floor(each / monthDays)),
      day: Uint8Array.from(cell, (each) => each % monthDays),
      present: take(cell, sums.present),
      active: take(cell, sums.active),
      logins: sumsOf(sums.logins),
      loginRows: take(cell, sums.loginRows),
      resources: sumsOf(sums.resources),
      resourceRows: take(cell, sums.resourceRows),
    },
  };
}

/** Sets a day in a mask; returns 1 if it was not set, else 0. */
function mark(masks: Uint32Array, at: number, day: number): number {
  const before = masks[at] as number;
  masks[at] = before | (1 << day);
  return 1 - ((before >>> day) & 1);
}

/** The places of a list that are not 0. */
function placesOf(list: Uint32Array): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(list.length);
  let count = 0;
  for (let at = 0; at < list.length; at++) if (list[at] !== 0) places[count++] = at;
  return places.slice(0, count);
}

/** Sums of resource usage, in the order of a segment. */
export function usageSums(rows: Accessed, seats: Seats, { resources }: Dictionary) {
  const { first, seat, day, accesses } = byResourceAndSeat(rows, seats.cohort.length, resources.length);
  const count = seat.length;
  // At most one of each per row; what is not used takes no memory.
  const runs = {
    resource: new Uint32Array(count),
    cohort: new Uint32Array(count),
    days: new Uint32Array(count),
    firstPerson: new Uint32Array(count + 1),
    firstCell: new Uint32Array(count + 1),
  };
  const usage = { member: new Uint32Array(count), days: new Uint32Array(count) };
  const cells = {
    day: new Uint8Array(count),
    rows: new Uint32Array(count),
    accesses: new Float64Array(count),
  };
  let [run, people, cell] = [0, 0, 0];
  const rowsOn = new Uint32Array(monthDays);
  const accessesOn = new Float64Array(monthDays);
  for (let resource = 0; resource < resources.length; resource++) {
    const end = first[resource + 1] as number;
    for (let at = first[resource] as number; at < end; run++) {
      const cohort = seats.cohort[seat[at] as number] as number;
      let [days, last] = [0, -1];
      rowsOn.fill(0);
      accessesOn.fill(0);
      for (; at < end && seats.cohort[seat[at] as number] === cohort; at++) {
        const place = seat[at] as number;
        const on = day[at] as number;
        days |= 1 << on;
        accessesOn[on] = (accessesOn[on] as number) + (accesses[at] as number);
        if (seats.member[place] === nobody) continue;
        rowsOn[on] = (rowsOn[on] as number) + 1;
        if (place !== last) usage.member[people++] = seats.member[place] as number;
        usage.days[people - 1] = (usage.days[people - 1] as number) | (1 << on);
        last = place;
      }
      for (let left = days; left !== 0; left &= left - 1, cell++) {
        const on = lowestBit(left);
        cells.day[cell] = on;
        cells.rows[cell] = rowsOn[on] as number;
        cells.accesses[cell] = accessesOn[on] as number;
      }
      runs.resource[run] = resource;
      runs.cohort[run] = cohort;
      runs.days[run] = days;
      runs.firstPerson[run + 1] = people;
      runs.firstCell[run + 1] = cell;
    }
  }
  return {
    usageRuns: {
      resource: runs.resource.slice(0, run),
      cohort: runs.cohort.slice(0, run),
      days: runs.days.slice(0, run),
      firstPerson: runs.firstPerson.slice(0, run + 1),
      firstCell: runs.firstCell.slice(0, run + 1),
    },
    use: {
      people: { member: usage.member.slice(0, people), days: usage.days.slice(0, people) },
      cells: {
        day: cells.day.slice(0, cell),
        rows: cells.rows.slice(0, cell),
        accesses: cells.accesses.slice(0, cell),
      },
    },
  };
}

/** Days of usage on which the member's cohort has no row of daily participation. */
export function onlyUsage(
  { cohort, day }: MonthSegment["attendanceCells"],
  { people }: MonthUse,
  { cohorts, members }: Dictionary,
): MonthSegment["onlyUsage"] {
  const participated = new Uint32Array(cohorts.length);
  for (let cell = 0; cell < cohort.length; cell++)
    mark(participated, cohort[cell] as number, day[cell] as number);
  const days = new Uint32Array(members.person.length);
  for (let at = 0; at < people.member.length; at++) {
    const member = people.member[at] as number;
    const there = participated[members.cohort[member] as number] as number;
    days[member] = (days[member] as number) | ((people.days[at] as number) & ~there);
  }
  const member = placesOf(days);
  return { member, days: member.map((place) => days[place] as number) };
}

/** The rows by resource and seat; `first` has the first row of each resource, and the end of the last. */
function byResourceAndSeat(
  rows: Accessed,
  seats: number,
  resources: number,
): Omit<Accessed, "resource"> & { readonly first: Uint32Array } {
  const count = rows.seat.length;
  // Two counting sorts: the second one keeps the order of the first.
  const bySeat = new Uint32Array(count);
  const ofSeat = firstRows(rows.seat, seats);
  for (let row = 0; row < count; row++) bySeat[next(ofSeat, rows.seat[row] as number)] = row;
  const seat = new Uint32Array(count);
  const day = new Uint8Array(count);
  const accesses = new Float64Array(count);
  const first = firstRows(rows.resource, resources);
  const ofResource = first.slice();
  for (const row of bySeat) {
    const at = next(ofResource, rows.resource[row] as number);
    seat[at] = rows.seat[row] as number;
    day[at] = rows.day[row] as number;
    accesses[at] = rows.accesses[row] as number;
  }
  return { first, seat, day, accesses };
}

/** Where the rows of each number begin once they are sorted, and where the last ones end. */
function firstRows(numbers: Uint32Array, count: number): Uint32Array {
  const first = new Uint32Array(count + 1);
  for (const number of numbers) first[number + 1] = (first[number + 1] as number) + 1;
  for (let at = 0; at < count; at++) first[at + 1] = (first[at] as number) + (first[at + 1] as number);
  return first;
}

/** The place at a number, which moves on by one. */
function next(places: Uint32Array, number: number): number {
  const place = places[number] as number;
  places[number] = place + 1;
  return place;
}
