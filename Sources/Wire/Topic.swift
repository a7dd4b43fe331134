// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// The name of one stream of events: up to eight segments of `[A-Za-z0-9_-]+`, joined by dots, at most 200 bytes.
package struct Topic: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) throws(TopicError) {
        try TopicRules.check(name.utf8[...])
        self.name = name
    }

    /// One of ours, such as `$mark`. No client and no API can name it, since `init(_:)` refuses the dollar sign.
    package init(reserved name: String) {
        precondition(name.utf8.first == TopicRules.dollar, "a reserved topic starts with a dollar sign")
        self.name = name
    }

    private init(unchecked name: String) { self.name = name }

    /// The topic that every connection of that user receives. For a subject of more than about 140 bytes outside the
    /// alphabet the name exceeds 200 bytes: it can be listened to, but no publisher can name it.
    package static func user(_ subject: String) -> Topic {
        Topic(unchecked: "user." + segment(encoding: subject))
    }

    package var isReserved: Bool { name.utf8.first == TopicRules.dollar }

    package var description: String { name }

    /// Any text as one segment: itself where the alphabet allows, otherwise `b64-` and its base64url form. Text that
    /// already begins with `b64-` is encoded too, so no two values meet and none can bring a dot or a star.
    package static func segment(encoding value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy(TopicRules.isSegmentByte)
        if isPlain, !value.utf8.starts(with: "b64-".utf8) { return value }
        let encoded = Data(value.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return "b64-" + encoded
    }
}
