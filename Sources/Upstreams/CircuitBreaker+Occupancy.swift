// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How many are in and how many stand in line, in one word; decides who may enter and who is next. Pure.
///
///     room and nobody waits ──► admitted        someone leaves, a line ──► its first takes the place over
///     full, room in the line ─► waits           someone leaves, no line ─► one less
///     both full ──────────────► refused
struct Occupancy: RawRepresentable, Equatable, Sendable {
    struct Limits: Sendable {
        /// 0: no cap, so nobody ever waits.
        var inFlight: Int
        var waiting: Int
    }

    enum Entry: Equatable { case admit(Occupancy), wait(Occupancy), refuse }
    enum Exit: Equatable { case free(Occupancy), handOver(Occupancy) }

    var inFlight: UInt32
    var waiting: UInt32

    init(inFlight: UInt32 = 0, waiting: UInt32 = 0) {
        self.inFlight = inFlight
        self.waiting = waiting
    }

    init(rawValue: UInt64) {
        self.inFlight = UInt32(truncatingIfNeeded: rawValue)
        self.waiting = UInt32(truncatingIfNeeded: rawValue >> 32)
    }

    var rawValue: UInt64 { UInt64(self.waiting) << 32 | UInt64(self.inFlight) }

    /// Whoever comes while others wait goes behind them.
    func entry(_ limits: Limits) -> Entry {
        if limits.inFlight == 0 || (self.waiting == 0 && Int(self.inFlight) < limits.inFlight) {
            return .admit(Occupancy(inFlight: self.inFlight + 1, waiting: self.waiting))
        }
        guard Int(self.waiting) < limits.waiting else { return .refuse }
        return .wait(Occupancy(inFlight: self.inFlight, waiting: self.waiting + 1))
    }

    /// One of those in leaves. A place that is handed over stays taken.
    func exit() -> Exit {
        self.waiting > 0
            ? .handOver(Occupancy(inFlight: self.inFlight, waiting: self.waiting - 1))
            : .free(Occupancy(inFlight: self.inFlight > 0 ? self.inFlight - 1 : 0, waiting: 0))
    }

    /// One of those in line gives up.
    func withdrawal() -> Occupancy {
        Occupancy(inFlight: self.inFlight, waiting: self.waiting > 0 ? self.waiting - 1 : 0)
    }
}
