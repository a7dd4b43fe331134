// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
package import Settings

/// `headers` of a route: exceptions from the rules of proxy.md §5.
package struct HeaderRules: Sendable, Equatable {
    /// What becomes of a field whose name has `_` or `.`, so that an upstream may read it as another.
    package enum Aliases: String, CaseIterable, Sendable {
        /// Left out, and counted.
        case drop
        /// The request is refused.
        case reject
    }

    /// A reserved name, or all that begin so.
    package struct Kept: Sendable, Equatable {
        let name: [UInt8]
        let isPrefix: Bool

        func matches(_ normalised: [UInt8]) -> Bool {
            self.isPrefix ? normalised.starts(with: self.name) : normalised == self.name
        }
    }

    /// Reserved names that pass as the client sent them: nobody but it vouches for them.
    package var keep: [Kept] = []
    package var aliases = Aliases.drop

    package init() {}

    package init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        for item in try map.take("keep")?.list() ?? [] { self.keep.append(try Self.kept(item)) }
        if let aliases = map.take("aliases") { self.aliases = try aliases.choice(Aliases.self) }
        try map.finish()
    }

    /// `normalised` is reserved, and not sealed.
    func keeps(_ normalised: [UInt8]) -> Bool { self.keep.contains { $0.matches(normalised) } }

    private static func kept(_ node: SettingsNode) throws(SettingsError) -> Kept {
        let text = try node.string()
        let isPrefix = text.hasSuffix("*")
        let name = Array((isPrefix ? String(text.dropLast()) : text).utf8)
        var normalised: [UInt8] = []
        FieldName.normalised(name[...], into: &normalised)
        guard name == normalised, !name.isEmpty else {
            throw node.error(
                "\"\(text)\" is no field name as it is compared",
                advice: "lower case with hyphens, such as x-auth-user"
            )
        }
        // Of all that begin so, any one will do: a prefix reaches into one family or it is not taken.
        switch FieldName.standing(of: isPrefix ? name + Array("x".utf8) : name) {
        case .reserved: return Kept(name: name, isPrefix: isPrefix)
        case .open:
            throw node.error(
                "\(text) is not reserved and passes anyway",
                advice: "remove it, or name a reserved field such as x-auth-user"
            )
        case .sealed:
            throw node.error(
                "\(text) is what upstreams believe of the gateway or of Next.js, and no client may say it",
                advice: "remove it; x-auth-*, x-user-* and the like may be kept"
            )
        }
    }
}
