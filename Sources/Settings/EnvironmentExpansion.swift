// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// `${NAME}` and `${NAME:-default}`, as a whole value only: a text with a variable in its middle would hide, in the
/// file, which part of it is secret. As in a shell, the default also stands in for a variable that is set but empty.
package enum EnvironmentExpansion {
    package struct Failure: Error, Sendable, Hashable {
        package let message: String
        package let advice: String
    }

    /// nil where `text` names no variable and stands for itself.
    package static func expand(_ text: String, environment: [String: String]) throws(Failure) -> String? {
        guard text.contains("${") else { return nil }
        guard text.hasPrefix("${"), text.hasSuffix("}") else {
            throw Failure(
                message: "a variable may only be the whole value",
                advice: "\"${NAME}\" or \"${NAME:-default}\", with all of the text in the variable"
            )
        }
        let inner = text.dropFirst(2).dropLast()
        let separator = inner.firstRange(of: ":-")
        let name = String(inner[..<(separator?.lowerBound ?? inner.endIndex)])
        let fallback = separator.map { String(inner[$0.upperBound...]) }
        guard isName(name), fallback?.contains("${") != true else {
            throw Failure(message: "\(text) is not a variable", advice: "\"${NAME}\" or \"${NAME:-default}\"")
        }
        let value = environment[name]
        if let fallback { return value.flatMap { $0.isEmpty ? nil : $0 } ?? fallback }
        guard let value else {
            throw Failure(
                message: "the environment variable \(name) is not set",
                advice: "\"${\(name):-default}\", or set \(name) before starting"
            )
        }
        return value
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
