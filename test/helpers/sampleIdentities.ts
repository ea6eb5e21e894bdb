import { userTypes } from "../../src/clever/reports";
import type { SampleDistrict } from "../../src/sample/district";

/** Every raw `sis_id` and `clever_user_id` of the district, for tests that search for leaks. */
export function sampleIdentities(district: SampleDistrict): string[] {
  return userTypes.flatMap((userType) =>
    district.people[userType].flatMap(({ sisId, cleverUserId }) => [sisId, cleverUserId]),
  );
}
