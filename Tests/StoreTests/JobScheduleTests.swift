// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Store

@Suite("When recurring jobs are due")
struct JobScheduleTests {
    private static let day: Int64 = 86_400_000
    private static let hour: Int64 = 3_600_000

    @Test("On a grid, always after now, whatever the last run took")
    func everySoOften() {
        let schedule = JobSchedule.every(.seconds(3600))
        #expect(schedule.next(after: 0) == Self.hour)
        #expect(schedule.next(after: Self.hour - 1) == Self.hour)
        #expect(schedule.next(after: Self.hour) == 2 * Self.hour)
        #expect(schedule.next(after: Self.hour + 1) == 2 * Self.hour)
    }

    @Test("Never more often than once a second")
    func shortest() {
        #expect(JobSchedule.every(.milliseconds(1)).next(after: 5000) == 6000)
    }

    @Test("Daily: today if it is still to come, else tomorrow")
    func daily() {
        let schedule = JobSchedule.daily(hour: 7, minute: 30)
        let due = 7 * Self.hour + 30 * 60_000
        #expect(schedule.next(after: 0) == due)
        #expect(schedule.next(after: due - 1) == due)
        #expect(schedule.next(after: due) == due + Self.day)
        #expect(schedule.next(after: 20_000 * Self.day + due) == 20_001 * Self.day + due)
    }
}
