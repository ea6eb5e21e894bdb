const milliseconds = 86_400_000;
export const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * milliseconds).toISOString().slice(0, 10);

/** 1 Monday … 7 Sunday */
export const weekdayOf = (date: string) => new Date(date).getUTCDay() || 7;

const mondays = new Map<string, string>();
/** The Monday of a date's week. */
export const mondayOf = (date: string) => {
  const monday = mondays.get(date) ?? addDays(date, 1 - weekdayOf(date));
  mondays.set(date, monday);
  return monday;
};

/** All calendar days of a range. */
export const datesBetween = (from: string, to: string) => {
  const list: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) list.push(date);
  return list;
};
