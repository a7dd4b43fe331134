// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// `application/x-www-form-urlencoded` (WHATWG URL §5.1), read strictly: UTF-8, whole escapes, no name twice.
enum FormBody {
    /// Fields of one form: no login page has more.
    static let maximumFields = 64

    struct Malformed: Error, Equatable {
        /// For the log.
        let reason: String
    }

    /// In the order of the form. Fields without a name are left out.
    static func fields(_ body: some Collection<UInt8>) throws(Malformed) -> [JSONValue.Member] {
        var fields: [JSONValue.Member] = []
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let middle = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = try Self.decoded(pair[..<middle])
            let value = try Self.decoded(pair[middle...].dropFirst())
            guard !name.isEmpty else { continue }
            guard fields.count < Self.maximumFields else {
                throw Malformed(reason: "more than \(maximumFields) fields")
            }
            guard !fields.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                throw Malformed(reason: "a field stands twice")
            }
            fields.append(.init(name: name, value: .string(value)))
        }
        return fields
    }

    private static func decoded(_ bytes: some Collection<UInt8>) throws(Malformed) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                output.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Self.digit), let low = rest.popFirst().flatMap(Self.digit)
                else { throw Malformed(reason: "an escape is not whole") }
                output.append(high << 4 | low)
            default:
                output.append(byte)
            }
        }
        guard let text = String(validating: output, as: UTF8.self) else { throw Malformed(reason: "not UTF-8") }
        return text
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
