// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Request line and status line (RFC 9112 §3 and §4), given without their line end.
enum StartLine {
    /// What a request line may hold beside its target: the longest method we would look at, two spaces, the version.
    static let longestFrame = 64
    private static let longestMethod = 32

    /// Whether an unfinished, overlong line is at least a method and a space, so that it is the target that is too
    /// long.
    static func reachesTarget(_ line: UnsafeRawBufferPointer) -> Bool {
        let method = line.prefix { $0.isToken }
        return !method.isEmpty && method.count <= Self.longestMethod && line.count > method.count
            && line[method.count] == .space
    }

    static func request(
        _ line: UnsafeRawBufferPointer,
        uriLimit: Int,
        into head: inout MessageHead
    ) throws(MessageError) {
        guard Self.reachesTarget(line) else { throw MessageError(.badMessage, "not a request line") }
        let name = UnsafeRawBufferPointer(rebasing: line.prefix { $0.isToken })
        let afterMethod = UnsafeRawBufferPointer(rebasing: line[(name.count + 1)...])
        var length = 0
        while length < afterMethod.count, afterMethod[length] != .space {
            guard afterMethod[length] > 0x20, afterMethod[length] < 0x7F else {
                throw MessageError(.badMessage, "byte not allowed in a request target")
            }
            length += 1
        }
        guard length > 0 else { throw MessageError(.badMessage, "empty request target") }
        guard length <= uriLimit else { throw MessageError(.uriTooLong, "request target too long") }
        guard length < afterMethod.count, let version = Self.version(afterMethod[(length + 1)...]) else {
            throw MessageError(.badMessage, "not an HTTP/1.0 or HTTP/1.1 request line")
        }
        guard let method = Method(name) else { throw MessageError(.notImplemented, "unknown method") }
        head.setRequest(method: method, target: afterMethod[..<length], version: version)
    }

    static func status(_ line: UnsafeRawBufferPointer, into head: inout MessageHead) throws(MessageError) {
        guard line.count >= 12, let version = Self.version(line[..<8]), line[8] == .space else {
            throw MessageError(.badMessage, "not an HTTP/1 status line")
        }
        var status = 0
        for byte in line[9..<12] {
            guard byte.isDigit else { throw MessageError(.badMessage, "status is not three digits") }
            status = status * 10 + Int(byte - UInt8(ascii: "0"))
        }
        guard (100...599).contains(status) else { throw MessageError(.badMessage, "status out of range") }
        // The reason phrase is dropped. Some servers leave out the space before an empty one; nothing hangs on it.
        guard line.count == 12 || line[12] == .space else {
            throw MessageError(.badMessage, "status is not three digits")
        }
        for byte in line[12...] where !byte.isFieldText && byte < 0x80 {
            throw MessageError(.badMessage, "control character in the reason phrase")
        }
        head.setStatus(status, version: version)
    }

    private static func version(_ text: Slice<UnsafeRawBufferPointer>) -> HTTPVersion? {
        guard text.count == 8, text.starts(with: ("HTTP/1." as StaticString).octets) else { return nil }
        return switch text[text.endIndex - 1] {
        case UInt8(ascii: "1"): .http11
        case UInt8(ascii: "0"): .http10
        default: nil
        }
    }
}
