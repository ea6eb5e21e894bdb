import { weekdayOf } from "../calendar";
import { monthDays } from "../release/attendanceLayout";
import type { Prepared } from "../release/prepared";
import type { AttendanceCover } from "./attendanceCover";

/** Sums of daily participation over the blocks that lie within a scope, or a part of it. */
export class AttendanceSums {
  users = 0;
  activeUsers = 0;
  logins = 0;
  loginRows = 0;
  resources = 0;
  resourceRows = 0;
  /** Active people, counted on each day. */
  personDays = 0;
  /** Whether there is any row, left out or not. */
  hasRows = false;
  /** Whether people, or things done, were left out because their blocks are cut. */
  usersCut = false;
  activityCut = false;
  /** Whether rows were left out of the averages. */
  rowsCut = false;
}

/**
 * Reads the cells of a question one after the other and adds them up. There are some 100,000 of them, and the first
 * question of a process is answered before this is compiled: no objects or closures are made here.
 */
export class CellReader {
  /** Of the cohort, its school and its grade. */
  rank = 0;
  school = 0;
  grade = 0;
  /** As a day number; its month's place and its bit in the month's masks; from 0 for Monday. */
  day = 0;
  month = 0;
  bit = 0;
  weekday = 0;
  /** Whether it is a school day of the district. */
  isSchoolDay = false;
  /** Whether there are rows; whether anything was done. */
  hasRows = false;
  isBusy = false;
  /** Within what it is covered, for people who are there, and for what they did. */
  present = 0;
  active = 0;
  activeMembers = 0;
  private cell = 0;

  constructor(
    private readonly prepared: Prepared,
    private readonly cover: AttendanceCover,
  ) {}

  /** Goes to the cell at this place of the cover's list. */
  read(at: number): void {
    const { attendance, monthStarts, names, dayKinds } = this.prepared;
    const { cells, active, present } = this.cover;
    const cell = cells[at] as number;
    const slot = Math.floor(cell / monthDays);
    const rank = Math.floor(slot / attendance.months);
    const month = slot % attendance.months;
    const bit = 1 << (cell % monthDays);
    this.cell = cell;
    this.month = month;
    this.bit = bit;
    this.rank = rank;
    this.school = names.schoolOfRank[rank] as number;
    this.grade = names.gradeOfRank[rank] as number;
    this.day = (monthStarts[month] as number) + (cell % monthDays);
    this.weekday = weekdayOf(this.day) - 1;
    this.isSchoolDay = ((dayKinds.school[month] as number) & bit) !== 0;
    this.hasRows = ((attendance.rowDays[slot] as number) & bit) !== 0;
    this.isBusy = ((attendance.busyDays[slot] as number) & bit) !== 0;
    this.active = active[cell] as number;
    this.present = present[cell] as number;
    this.activeMembers = attendance.activeMembers[cell] as number;
  }

  /** Adds the cell to a part of the question for which a block must lie within `kind`. */
  addTo(part: AttendanceSums | undefined, kind: number): void {
    if (part === undefined) return;
    if ((this.active & kind) !== 0) {
      const { attendance } = this.prepared;
      part.logins += attendance.logins[this.cell] as number;
      part.loginRows += attendance.loginRows[this.cell] as number;
      part.resources += attendance.resources[this.cell] as number;
      part.resourceRows += attendance.resourceRows[this.cell] as number;
      part.personDays += this.activeMembers;
    } else {
      if (this.isBusy) part.activityCut = true;
      if (this.hasRows) part.rowsCut = true;
    }
    if (!this.hasRows) return;
    part.hasRows = true;
    if ((this.present & kind) === 0) part.usersCut = true;
  }
}
