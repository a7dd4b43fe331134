// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What the HTTP/1.1 grammar gives for free and HTTP/2 does not (RFC 9113 §8.2): a field block may carry any byte.
enum HTTP2Rules {
    static func check(_ head: borrowing MessageHead, limits: HeadLimits) throws(MessageError) {
        guard head.target.count <= limits.uri else { throw MessageError(.uriTooLong, "request target too long") }
        guard !head.target.isEmpty, head.target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw MessageError(.badMessage, "byte not allowed in a request target")
        }
        guard head.fields.count <= limits.fields else { throw MessageError(.headTooLarge, "too many fields") }
        var size = head.target.count
        for field in head.fields {
            try Self.check(field, of: head)
            let length = field.name.count + field.value.count + 2
            size += length + 2
            guard length <= limits.field, size <= limits.head else {
                throw MessageError(.headTooLarge, "head too large", field: RequestRules.text(head.name(field)))
            }
        }
    }

    private static func check(_ field: MessageHead.Field, of head: borrowing MessageHead) throws(MessageError) {
        let (isName, isValue) = head.bytes.withUnsafeBytes { bytes in
            (Self.isName(bytes, in: field.name), FieldLine.judge(bytes, in: field.value) == .text)
        }
        guard isName else { throw MessageError(.badMessage, "byte not allowed in a field name") }
        let name = head.name(field)
        let value = head.value(field)
        guard isValue, value.first?.isBlank != true, value.last?.isBlank != true else {
            throw MessageError(.badMessage, "byte not allowed in a field value", field: RequestRules.text(name))
        }
        switch field.id {
        case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade:
            throw MessageError(.badMessage, "connection field in HTTP/2", field: RequestRules.text(name))
        case .te where !("trailers" as StaticString).matchesIgnoringCase(value):
            throw MessageError(.badMessage, "te other than trailers in HTTP/2")
        default:
            break
        }
    }

    private static func isName(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> Bool {
        var isName = !range.isEmpty
        for index in range { isName = isName && bytes[index].isToken && bytes[index].lowercased == bytes[index] }
        return isName
    }
}
