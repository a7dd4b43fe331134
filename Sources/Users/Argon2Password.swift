// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CArgon2

/// Django's `argon2$argon2id$v=19$m=102400,t=2,p=8$salt$hash`, verified by libargon2.
struct Argon2Password: Sendable, Equatable {
    /// What one login may cost: KiB of memory, passes, and threads.
    static let memory = 8...262_144
    static let passes = 1...16
    static let lanes = 1...16

    enum Variant: String, Sendable {
        case d = "argon2d"
        case i = "argon2i"
        case id = "argon2id"
    }

    struct Cost: Sendable, Equatable {
        let memory: Int
        let passes: Int
        let lanes: Int
    }

    let variant: Variant
    /// As libargon2 reads it: `$argon2id$v=19$…`.
    let text: String
    let cost: Cost

    /// `nil` for what is not argon2, or costs too much.
    init?(_ encoded: String) {
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard encoded.utf8.count <= 512, parts.count == 6, parts[0] == "argon2",
            let variant = Variant(rawValue: String(parts[1])),
            let cost = Self.cost(parts[3]), Self.memory.contains(cost.memory), Self.passes.contains(cost.passes),
            Self.lanes.contains(cost.lanes), !parts[4].isEmpty, !parts[5].isEmpty
        else { return nil }
        self.variant = variant
        self.cost = cost
        self.text = String(encoded.dropFirst("argon2".count))
    }

    /// Slow on purpose: never on an event loop.
    func matches(_ password: [UInt8]) -> Bool {
        let type =
            switch self.variant {
            case .d: Argon2_d
            case .i: Argon2_i
            case .id: Argon2_id
            }
        return argon2_verify(self.text, password, password.count, type) == ARGON2_OK.rawValue
    }

    private static func cost(_ text: Substring) -> Cost? {
        let values = text.split(separator: ",")
        guard values.count == 3, let memory = Self.number("m", values[0]), let passes = Self.number("t", values[1]),
            let lanes = Self.number("p", values[2])
        else { return nil }
        return Cost(memory: memory, passes: passes, lanes: lanes)
    }

    private static func number(_ name: String, _ text: Substring) -> Int? {
        text.hasPrefix("\(name)=") ? Int(text.dropFirst(2)) : nil
    }
}
